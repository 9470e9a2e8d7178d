#include "common/base/fixed_point.h"

#include <algorithm>
#include <cmath>

namespace tributary {

namespace {

// Below this a double times 2^30 fits 64 bits, and a double may have a fraction.
constexpr double kSmallWeight = 0x1p32;
constexpr double kSmallValue = 0x1p52;

// Nearest whole number, ties to even, of |x| < 2^51: adding this leaves no bits for a fraction.
double RoundSmall(double x) {
  constexpr double kNoFraction = 0x1.8p52;
  return (x + kNoFraction) - kNoFraction;
}

// whole + high 2^-31 + low 2^-64 is a value, rounded to 2^-64; all three have its sign.
struct Split {
  explicit Split(double value) : whole(static_cast<int64_t>(value)) {
    const double fraction = (value - static_cast<double>(whole)) * 0x1p31;
    high = static_cast<int64_t>(fraction);
    low = static_cast<int64_t>(RoundSmall((fraction - static_cast<double>(high)) * 0x1p33));
  }
  int64_t whole;
  int64_t high;
  int64_t low;
};

Fixed192 Join(int64_t whole, int64_t high, int64_t low) {
  const __int128 steps = (static_cast<__int128>(whole) << 64) + (static_cast<__int128>(high) << 33) + low;
  return Fixed192::FromParts(steps < 0 ? -1 : 0, static_cast<uint64_t>(steps >> 64), static_cast<uint64_t>(steps));
}

}  // namespace

Fixed128 Fixed128::FromDouble(double value) {
  if (std::fabs(value) < kSmallWeight) {
    const double steps = value * 0x1p30;
    return Fixed128(static_cast<int64_t>(std::fabs(steps) < 0x1p51 ? RoundSmall(steps) : std::nearbyint(steps)));
  }
  return Fixed128(static_cast<__int128>(std::nearbyint(value * 0x1p30)));
}

double Fixed128::ToDouble() const { return static_cast<double>(steps_) * 0x1p-30; }

// |value| splits exactly into a whole part below 2^97 and a fraction; the fraction is rounded to 2^-64.
Fixed192 Fixed192::FromDouble(double value) {
  if (std::fabs(value) < kSmallValue) {
    const Split split(value);
    return Join(split.whole, split.high, split.low);
  }
  const double magnitude = std::fabs(value);
  const double whole = std::floor(magnitude);
  const double fraction = std::nearbyint((magnitude - whole) * 0x1p64);
  auto integer = static_cast<unsigned __int128>(whole);
  uint64_t low = 0;
  if (fraction >= 0x1p64) {
    integer += 1;
  } else {
    low = static_cast<uint64_t>(fraction);
  }
  Fixed192 result(static_cast<int64_t>(integer >> 64), static_cast<uint64_t>(integer), low);
  if (value >= 0) return result;
  // Two's complement: invert, then add one step.
  Fixed192 negative(~result.high_, ~result.middle_, ~result.low_);
  return negative += Fixed192(0, 0, 1);
}

double Fixed192::ToDouble() const {
  if (high_ < 0) {
    Fixed192 positive(~high_, ~middle_, ~low_);
    positive += Fixed192(0, 0, 1);
    return -positive.ToDouble();
  }
  const auto integer = (static_cast<unsigned __int128>(static_cast<uint64_t>(high_)) << 64) | middle_;
  return static_cast<double>(integer) + static_cast<double>(low_) * 0x1p-64;
}

Fixed192 Fixed192::SumOf(absl::Span<const double> values) {
  // So many addends of a block fit 64 bits when none is larger than kSmallBlockValue.
  constexpr size_t kBlock = 1024;
  constexpr double kSmallBlockValue = 0x1p51;
  Fixed192 sum;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const absl::Span<const double> block = values.subspan(begin, kBlock);
    double largest = 0;
    for (const double value : block) largest = std::max(largest, std::fabs(value));
    if (largest > kSmallBlockValue) {
      for (const double value : block) sum += FromDouble(value);
      continue;
    }
    int64_t whole = 0;
    int64_t high = 0;
    int64_t low = 0;
    for (const double value : block) {
      const Split split(value);
      whole += split.whole;
      high += split.high;
      low += split.low;
    }
    sum += Join(whole, high, low);
  }
  return sum;
}

Fixed192& Fixed192::operator+=(const Fixed192& other) {
  const unsigned __int128 low = static_cast<unsigned __int128>(low_) + other.low_;
  const unsigned __int128 middle =
      static_cast<unsigned __int128>(middle_) + other.middle_ + static_cast<uint64_t>(low >> 64);
  low_ = static_cast<uint64_t>(low);
  middle_ = static_cast<uint64_t>(middle);
  high_ = static_cast<int64_t>(static_cast<uint64_t>(high_) + static_cast<uint64_t>(other.high_) +
                               static_cast<uint64_t>(middle >> 64));
  return *this;
}

}  // namespace tributary
