#pragma once

#include <cstddef>
#include <optional>

#include "absl/types/span.h"

namespace tributary {

// How many requests a service gets for each that another gets. A value.
//
// Fit:     Theil-Sen over rates of the same minutes, with its 90 % interval; two services that share nothing but the
// time
//          of day look alike: the straight line's R squared is told beside it.
// Source:  Theil 1950, Sen 1968.
struct Elasticity {
  double slope = 0;
  double low = 0;
  double high = 0;
  double r_squared = 0;
  size_t points = 0;
  // It surely rises, and the line explains at least half of what moves.
  bool Follows() const { return low > 0 && r_squared >= 0.5; }
};

// Rates of equal minutes; NaN where one is not known. Nothing with fewer than 30 of both, or when the first is
// constant.
std::optional<Elasticity> FitElasticity(absl::Span<const double> upstream, absl::Span<const double> downstream);

}  // namespace tributary
