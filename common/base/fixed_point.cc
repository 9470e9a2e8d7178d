#include "common/base/fixed_point.h"

#include <algorithm>
#include <cmath>

namespace tributary {

namespace {

constexpr double kSmallWeight = 0x1p21;  // times 2^30 it is RoundSmall's

// Nearest whole number, ties to even, of |x| <= 2^51: adding this leaves no bits for a fraction.
double RoundSmall(double x) {
  constexpr double kNoFraction = 0x1.8p52;
  return (x + kNoFraction) - kNoFraction;
}

// whole + high 2^-31 + low 2^-64 is a value of at most kMaxValue, rounded to 2^-64. The parts are whole numbers, and so
// small that doubles add kMaxTerms of them exactly.
struct Split {
  static constexpr double kMaxValue = 0x1p42;
  static constexpr size_t kMaxTerms = 1024;

  explicit Split(double value) : whole(RoundSmall(value)) {
    const double fraction = (value - whole) * 0x1p31;
    high = RoundSmall(fraction);
    low = RoundSmall((fraction - high) * 0x1p33);
  }
  double whole;
  double high;
  double low;
};

Fixed192 Join(double whole, double high, double low) {
  const __int128 steps = (static_cast<__int128>(static_cast<int64_t>(whole)) << 64) +
                         (static_cast<__int128>(static_cast<int64_t>(high)) << 33) + static_cast<int64_t>(low);
  return Fixed192::FromParts(steps < 0 ? -1 : 0, static_cast<uint64_t>(steps >> 64), static_cast<uint64_t>(steps));
}

Fixed192 SumOfSmall(absl::Span<const double> block) {
  constexpr size_t kLanes = 4;
  double whole[kLanes] = {};
  double high[kLanes] = {};
  double low[kLanes] = {};
  const auto add = [&](double value, size_t lane) {
    const Split split(value);
    whole[lane] += split.whole;
    high[lane] += split.high;
    low[lane] += split.low;
  };
  size_t i = 0;
  for (; i + kLanes <= block.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) add(block[i + lane], lane);
  }
  for (; i < block.size(); ++i) add(block[i], 0);
  return Join(whole[0] + whole[1] + whole[2] + whole[3], high[0] + high[1] + high[2] + high[3],
              low[0] + low[1] + low[2] + low[3]);
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
  if (std::fabs(value) <= Split::kMaxValue) {
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
  Fixed192 sum;
  for (size_t begin = 0; begin < values.size(); begin += Split::kMaxTerms) {
    const absl::Span<const double> block = values.subspan(begin, Split::kMaxTerms);
    double largest = 0;
    for (const double value : block) largest = std::max(largest, std::fabs(value));
    if (largest <= Split::kMaxValue) {
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
