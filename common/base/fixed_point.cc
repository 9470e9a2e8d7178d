#include "common/base/fixed_point.h"

#include <cmath>

namespace tributary {

Fixed128 Fixed128::FromDouble(double value) { return Fixed128(static_cast<__int128>(std::nearbyint(value * 0x1p30))); }

double Fixed128::ToDouble() const { return static_cast<double>(steps_) * 0x1p-30; }

// |value| splits exactly into a whole part below 2^97 and a fraction; the fraction is rounded to 2^-64.
Fixed192 Fixed192::FromDouble(double value) {
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
