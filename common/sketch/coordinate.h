#pragma once

#include <cmath>
#include <cstdint>

#include "absl/base/casts.h"

namespace tributary {

// In which coordinate the values of a centroid are averaged. Over many decades an arithmetic mean only tells of the
// largest value; there the mean of a logarithm places the middle of a centroid.
//
// The logarithm is e + (4s - s^2) / 3 for a value 2^e (1 + s): monotone, smooth where the exponent steps, inverted in
// closed form, and made of operations that IEEE 754 rounds correctly, so that every machine computes the same.
// Source: Masson, Rim, Lee, "DDSketch", VLDB 2019, section 2.4 (interpolated logarithm).
enum class Coordinate : uint8_t {
  kLinear = 0,
  kLog = 1,          // all values are zero or more
  kMirroredLog = 2,  // all values are zero or less
};

inline double InterpolatedLog(double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  const double s = static_cast<double>(bits & ((uint64_t{1} << 52) - 1)) * 0x1p-52;
  return static_cast<double>(static_cast<int64_t>(bits >> 52) - 1023) + s * (4 - s) / 3;
}

inline double InverseInterpolatedLog(double position) {
  // The next whole number down; a call of floor costs more than all the rest.
  const double toward_zero = static_cast<double>(static_cast<int64_t>(position));
  const double exponent = toward_zero > position ? toward_zero - 1 : toward_zero;
  const double s = 2 - std::sqrt(4 - 3 * (position - exponent));
  const uint64_t fraction = static_cast<uint64_t>(s * 0x1p52);  // s < 1, and 2^52 carries into the exponent
  return absl::bit_cast<double>((static_cast<uint64_t>(static_cast<int64_t>(exponent) + 1023) << 52) + fraction);
}

inline double ToCoordinate(Coordinate coordinate, double value) {
  switch (coordinate) {
    case Coordinate::kLinear:
      return value;
    case Coordinate::kLog:
      return InterpolatedLog(value);
    case Coordinate::kMirroredLog:
      return -InterpolatedLog(0.0 - value);
  }
  return value;
}

inline double FromCoordinate(Coordinate coordinate, double position) {
  switch (coordinate) {
    case Coordinate::kLinear:
      return position;
    case Coordinate::kLog:
      return InverseInterpolatedLog(position);
    case Coordinate::kMirroredLog:
      return 0.0 - InverseInterpolatedLog(-position);
  }
  return position;
}

}  // namespace tributary
