#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace tributary {

// Sums whose result does not depend on the order of additions: every addend is rounded once to a fixed grid, and
// integers add associatively. Wrap-around cannot be reached: addends are at most kMaxMagnitude, and 2^29 (2^31) of the
// largest fit. Thread-compatible values.

// A 128-bit two's complement number of 2^-30 steps; for counters and weights.
class Fixed128 {
 public:
  static constexpr double kMaxMagnitude = 0x1p67;

  constexpr Fixed128() = default;
  static constexpr Fixed128 FromParts(int64_t high, uint64_t low) {
    return Fixed128(static_cast<__int128>((static_cast<unsigned __int128>(static_cast<uint64_t>(high)) << 64) | low));
  }
  // Rounds to the nearest step. REQUIRES: Representable(value).
  static Fixed128 FromDouble(double value);
  // Finite and at most kMaxMagnitude; what is not is dropped as `out_of_range`.
  static bool Representable(double value) { return value >= -kMaxMagnitude && value <= kMaxMagnitude; }

  double ToDouble() const;
  int64_t high() const { return static_cast<int64_t>(steps_ >> 64); }
  uint64_t low() const { return static_cast<uint64_t>(steps_); }
  bool IsZero() const { return steps_ == 0; }

  Fixed128& operator+=(Fixed128 other) {
    steps_ =
        static_cast<__int128>(static_cast<unsigned __int128>(steps_) + static_cast<unsigned __int128>(other.steps_));
    return *this;
  }
  Fixed128& operator-=(Fixed128 other) {
    steps_ =
        static_cast<__int128>(static_cast<unsigned __int128>(steps_) - static_cast<unsigned __int128>(other.steps_));
    return *this;
  }
  friend Fixed128 operator+(Fixed128 a, Fixed128 b) { return a += b; }
  friend bool operator==(Fixed128 a, Fixed128 b) { return a.steps_ == b.steps_; }
  friend bool operator<(Fixed128 a, Fixed128 b) { return a.steps_ < b.steps_; }

 private:
  explicit constexpr Fixed128(__int128 steps) : steps_(steps) {}
  __int128 steps_ = 0;
};

// A 192-bit two's complement number of 2^-64 steps; for sums of values and of reciprocals.
class Fixed192 {
 public:
  static constexpr double kMaxMagnitude = 0x1p96;

  constexpr Fixed192() = default;
  static constexpr Fixed192 FromParts(int64_t high, uint64_t middle, uint64_t low) {
    return Fixed192(high, middle, low);
  }
  // Rounds to the nearest step. REQUIRES: Representable(value).
  static Fixed192 FromDouble(double value);
  // What adding the FromDouble of each gives, several times faster. REQUIRES: all are Representable.
  static Fixed192 SumOf(absl::Span<const double> values);
  static bool Representable(double value) { return value >= -kMaxMagnitude && value <= kMaxMagnitude; }

  double ToDouble() const;
  int64_t high() const { return high_; }
  uint64_t middle() const { return middle_; }
  uint64_t low() const { return low_; }  // the fraction

  Fixed192& operator+=(const Fixed192& other);
  friend Fixed192 operator+(Fixed192 a, const Fixed192& b) { return a += b; }
  friend bool operator==(const Fixed192&, const Fixed192&) = default;

 private:
  constexpr Fixed192(int64_t high, uint64_t middle, uint64_t low) : high_(high), middle_(middle), low_(low) {}
  int64_t high_ = 0;
  uint64_t middle_ = 0;
  uint64_t low_ = 0;
};

}  // namespace tributary
