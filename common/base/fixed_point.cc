#include "common/base/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tributary {

namespace {

constexpr double kSmallWeight = 0x1p21;  // times 2^30 it is RoundSmall's

// Nearest whole number, ties to even, of |x| <= 2^51: adding this leaves no bits for a fraction.
template <class Number>
Number RoundSmall(Number x) {
  constexpr double kNoFraction = 0x1.8p52;
  return (x + kNoFraction) - kNoFraction;
}

// whole + high 2^-31 + low 2^-64 is a value of at most kMaxValue, rounded to 2^-64. The parts are whole numbers, and so
// small that doubles add kMaxTerms of them exactly.
template <class Number>
struct Split {
  static constexpr double kMaxValue = 0x1p42;
  static constexpr size_t kMaxTerms = 1024;

  Split() = default;
  explicit Split(Number value) : whole(RoundSmall(value)) {
    const Number fraction = (value - whole) * 0x1p31;
    high = RoundSmall(fraction);
    low = RoundSmall((fraction - high) * 0x1p33);
  }
  Split& operator+=(const Split& other) {
    whole += other.whole;
    high += other.high;
    low += other.low;
    return *this;
  }
  Number whole{};
  Number high{};
  Number low{};
};

Fixed192 Join(const Split<double>& split) {
  const __int128 steps = (static_cast<__int128>(static_cast<int64_t>(split.whole)) << 64) +
                         (static_cast<__int128>(static_cast<int64_t>(split.high)) << 33) +
                         static_cast<int64_t>(split.low);
  return Fixed192::FromParts(steps < 0 ? -1 : 0, static_cast<uint64_t>(steps >> 64), static_cast<uint64_t>(steps));
}

// Numbers that one instruction of every processor works on.
using Lanes = double __attribute__((vector_size(16)));
constexpr size_t kLanes = 2;

Lanes Load(const double* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

// Without the sign bits.
Lanes Magnitude(Lanes lanes) {
  using Bits = uint64_t __attribute__((vector_size(16)));
  const Bits mask = {~(uint64_t{1} << 63), ~(uint64_t{1} << 63)};
  return reinterpret_cast<Lanes>(reinterpret_cast<Bits>(lanes) & mask);
}

bool AllSmall(absl::Span<const double> block) {
  constexpr double kMax = Split<double>::kMaxValue;
  return std::all_of(block.begin(), block.end(), [](double value) { return std::fabs(value) <= kMax; });
}

// Cheaper than comparing: the magnitudes of all together are not beyond that of one.
bool SurelyAllSmall(absl::Span<const double> block) {
  Lanes sums[2] = {};
  size_t i = 0;
  for (; i + 2 * kLanes <= block.size(); i += 2 * kLanes) {
    for (size_t k = 0; k < 2; ++k) sums[k] += Magnitude(Load(&block[i + k * kLanes]));
  }
  double sum = (sums[0][0] + sums[0][1]) + (sums[1][0] + sums[1][1]);
  for (; i < block.size(); ++i) sum += std::fabs(block[i]);
  return sum <= Split<double>::kMaxValue;
}

Fixed192 SumOfSmall(absl::Span<const double> block) {
  Split<Lanes> even;
  Split<Lanes> odd;
  size_t i = 0;
  for (; i + 2 * kLanes <= block.size(); i += 2 * kLanes) {
    even += Split<Lanes>(Load(&block[i]));
    odd += Split<Lanes>(Load(&block[i + kLanes]));
  }
  even += odd;
  Split<double> sum;
  sum.whole = even.whole[0] + even.whole[1];
  sum.high = even.high[0] + even.high[1];
  sum.low = even.low[0] + even.low[1];
  for (; i < block.size(); ++i) sum += Split<double>(block[i]);
  return Join(sum);
}

}  // namespace

Fixed128 Fixed128::FromDouble(double value) {
  if (std::fabs(value) < kSmallWeight) {
    return Fixed128(static_cast<int64_t>(RoundSmall(value * 0x1p30)));
  }
  return Fixed128(static_cast<__int128>(std::nearbyint(value * 0x1p30)));
}

double Fixed128::ToDouble() const { return static_cast<double>(steps_) * 0x1p-30; }

// |value| splits exactly into a whole part below 2^97 and a fraction; the fraction is rounded to 2^-64.
Fixed192 Fixed192::FromDouble(double value) {
  if (std::fabs(value) <= Split<double>::kMaxValue) return Join(Split<double>(value));
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
  Fixed192 sum;
  constexpr size_t kBlock = Split<double>::kMaxTerms;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const absl::Span<const double> block = values.subspan(begin, kBlock);
    if (SurelyAllSmall(block) || AllSmall(block)) {
      sum += SumOfSmall(block);
    } else {
      for (const double value : block) sum += FromDouble(value);
    }
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
