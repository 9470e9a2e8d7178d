#include "common/base/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Fixed128Test, WholeNumbersAndDyadicFractionsAreExact) {
  for (const double value : {0.0, 1.0, -1.0, 0.5, -2.25, 0x1p-30, -0x1p-30, 123456789.125, 0x1p67, -0x1p67}) {
    EXPECT_EQ(Fixed128::FromDouble(value).ToDouble(), value);
  }
}

TEST(Fixed128Test, RoundsToTheNearestStep) {
  EXPECT_EQ(Fixed128::FromDouble(0x1.8p-31), Fixed128::FromDouble(0x1p-30));
  EXPECT_TRUE(Fixed128::FromDouble(0x1p-32).IsZero());
  EXPECT_EQ(Fixed128::FromDouble(1).low(), uint64_t{1} << 30);
  EXPECT_EQ(Fixed128::FromDouble(-1).high(), -1);
}

TEST(Fixed128Test, OnlyFiniteNumbersInRangeAreRepresentable) {
  EXPECT_TRUE(Fixed128::Representable(-Fixed128::kMaxMagnitude));
  for (const double value : {std::nan(""), kInfinity, -kInfinity, 0x1.000001p67}) {
    EXPECT_FALSE(Fixed128::Representable(value)) << value;
  }
}

TEST(Fixed128Test, PartsComeBack) {
  for (const double value : {0.0, -3.5, 0x1p60, -0x1p60}) {
    const Fixed128 number = Fixed128::FromDouble(value);
    EXPECT_EQ(Fixed128::FromParts(number.high(), number.low()), number);
  }
}

TEST(Fixed128Test, OrdersAsNumbersAndSubtracts) {
  Fixed128 number = Fixed128::FromDouble(5);
  EXPECT_LT(Fixed128::FromDouble(-2), number);
  number -= Fixed128::FromDouble(7.5);
  EXPECT_EQ(number.ToDouble(), -2.5);
}

TEST(Fixed128Test, SumsDoNotDependOnOrder) {
  std::mt19937_64 random(1);
  std::vector<double> values(1000);
  for (double& value : values) {
    const int exponent = static_cast<int>(random() % 60) - 60;
    value = std::ldexp(static_cast<double>(static_cast<int64_t>(random())), exponent);
  }
  const auto sum = [&values] {
    Fixed128 total;
    for (const double value : values) total += Fixed128::FromDouble(value);
    return total;
  };
  const Fixed128 once = sum();
  std::shuffle(values.begin(), values.end(), random);
  EXPECT_EQ(sum(), once);
}

TEST(Fixed192Test, NumbersOnTheGridAreExact) {
  for (const double value : {0.0, 1.0, -1.0, 0x1p-64, -0x1p-64, 0.1, -0.1, 1e20, -1e20, 0x1p96, -0x1p96}) {
    EXPECT_EQ(Fixed192::FromDouble(value).ToDouble(), value);
  }
}

TEST(Fixed192Test, RoundsToTheNearestStep) {
  EXPECT_EQ(Fixed192::FromDouble(0x1.8p-65), Fixed192::FromDouble(0x1p-64));
  EXPECT_EQ(Fixed192::FromDouble(-0x1.8p-65), Fixed192::FromDouble(-0x1p-64));
  EXPECT_EQ(Fixed192::FromDouble(1e-30), Fixed192());
  // The fraction rounds up to a whole.
  EXPECT_EQ(Fixed192::FromDouble(1 - 0x1p-53) + Fixed192::FromDouble(0x1p-53), Fixed192::FromDouble(1));
}

// The mantissa shifted as an integer, ties to even.
Fixed192 RoundedByShifting(double value) {
  int exponent = 0;
  const auto mantissa = static_cast<int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  auto steps = static_cast<unsigned __int128>(std::abs(mantissa));
  const int shift = exponent - 53 + 64;
  if (shift >= 0) {
    steps <<= shift;
  } else if (shift < -64) {
    steps = 0;
  } else {
    const unsigned __int128 half = static_cast<unsigned __int128>(1) << (-shift - 1);
    const unsigned __int128 rest = steps & (2 * half - 1);
    steps >>= -shift;
    if (rest > half || (rest == half && (steps & 1) != 0)) ++steps;
  }
  const __int128 number = mantissa < 0 ? -static_cast<__int128>(steps) : static_cast<__int128>(steps);
  return Fixed192::FromParts(number < 0 ? -1 : 0, static_cast<uint64_t>(number >> 64), static_cast<uint64_t>(number));
}

TEST(Fixed192Test, RoundsLikeIntegerArithmetic) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 100'000; ++round) {
    const int bits = static_cast<int>(random() % 53) + 1;
    const double mantissa = static_cast<double>(static_cast<int64_t>(random()) >> (64 - bits));
    const double value = std::ldexp(mantissa, static_cast<int>(random() % 130) - 120);
    if (std::fabs(value) >= 0x1p62) continue;
    ASSERT_EQ(Fixed192::FromDouble(value), RoundedByShifting(value)) << value;
  }
}

TEST(Fixed192Test, TheSumOfManyIsTheSumOfEach) {
  std::mt19937_64 random(5);
  for (const int largest_exponent : {-70, 0, 40, 42, 51, 95}) {
    for (const size_t count : {0, 1, 7, 1024, 3000}) {
      std::vector<double> values(count);
      Fixed192 expected;
      for (double& value : values) {
        const double mantissa = static_cast<double>(static_cast<int64_t>(random())) * 0x1p-63;
        value = std::ldexp(mantissa, largest_exponent - static_cast<int>(random() % 3));
        expected += Fixed192::FromDouble(value);
      }
      EXPECT_EQ(Fixed192::SumOf(values), expected) << largest_exponent << " " << count;
    }
  }
}

TEST(Fixed192Test, OnlyFiniteNumbersInRangeAreRepresentable) {
  EXPECT_TRUE(Fixed192::Representable(Fixed192::kMaxMagnitude));
  for (const double value : {std::nan(""), kInfinity, -kInfinity, -0x1.000001p96}) {
    EXPECT_FALSE(Fixed192::Representable(value)) << value;
  }
}

TEST(Fixed192Test, CarriesRippleThroughAllWords) {
  const Fixed192 step = Fixed192::FromParts(0, 0, 1);
  EXPECT_EQ(Fixed192::FromParts(0, UINT64_MAX, UINT64_MAX) + step, Fixed192::FromParts(1, 0, 0));
  EXPECT_EQ(Fixed192::FromParts(-1, UINT64_MAX, UINT64_MAX) + step, Fixed192());
}

TEST(Fixed192Test, OppositeNumbersCancel) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 1000; ++round) {
    const double value = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 130) - 100);
    EXPECT_EQ(Fixed192::FromDouble(value) + Fixed192::FromDouble(-value), Fixed192()) << value;
  }
}

TEST(Fixed192Test, SumsKeepWhatDoublesLose) {
  Fixed192 sum = Fixed192::FromDouble(1e20);
  for (int i = 0; i < 1000; ++i) sum += Fixed192::FromDouble(0.125);
  sum += Fixed192::FromDouble(-1e20);
  EXPECT_EQ(sum.ToDouble(), 125);
}

TEST(Fixed192Test, SumsDoNotDependOnOrder) {
  std::mt19937_64 random(3);
  std::vector<double> values(1000);
  for (double& value : values) {
    const int exponent = static_cast<int>(random() % 90) - 60;
    value = std::ldexp(static_cast<double>(static_cast<int64_t>(random())), exponent);
  }
  const auto sum = [&values] {
    Fixed192 total;
    for (const double value : values) total += Fixed192::FromDouble(value);
    return total;
  };
  const Fixed192 once = sum();
  std::shuffle(values.begin(), values.end(), random);
  EXPECT_EQ(sum(), once);
}

}  // namespace
}  // namespace tributary
