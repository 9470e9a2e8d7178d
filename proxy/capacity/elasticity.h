#pragma once

#include <cstddef>
#include <optional>

#include "absl/types/span.h"

namespace tributary {

// How many requests a service gets for each that another gets. A value.
//
// Fit:     Theil-Sen over rates of the same minutes, with its 90 % interval.
// Follows: services that share nothing but the time of day look alike in their rates. What is called by another also
//          moves with it from one minute to the next: so the line through the changes must rise, too, at 99.9 %.
// Source:  Theil 1950, Sen 1968.
struct Elasticity {
  double slope = 0;
  double low = 0;
  double high = 0;
  double r_squared = 0;
  double changes_low = 0;  // the least slope of the changes
  size_t points = 0;
  bool Follows() const { return low > 0 && changes_low > 0; }
};

// Rates of equal minutes; NaN where one is not known. Nothing with fewer than 30 of both, or when the first is
// constant.
std::optional<Elasticity> FitElasticity(absl::Span<const double> upstream, absl::Span<const double> downstream);

}  // namespace tributary
