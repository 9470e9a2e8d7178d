#pragma once

#include <cstddef>

#include "absl/types/span.h"

namespace tributary {

// How a resource's utilisation follows load: u = pivot_utilization + slope (load - pivot_load). A value.
//
// Fit:     Theil-Sen, over at most kMaxPoints points that are spread over the range of loads, so that a short load test
//          counts beside a long calm. A load that hardly varies tells no slope: then u is taken to be proportional to
//          it (`assumed`), which is the careful guess, for whatever is used without load leaves less to grow.
// Flat:    the whole range of loads, at the largest slope the points allow, moves u by less than 2 points.
// Source:  Theil 1950, Sen 1968 (common/stats/line_fit.h); the utilisation law, Denning and Buzen, "The Operational
//          Analysis of Queueing Network Models", Computing Surveys 1978.
struct UtilizationLine {
  static constexpr size_t kMaxPoints = 200;

  double pivot_load = 0;
  double pivot_utilization = 0;
  double slope = 0;
  double slope_error = 0;  // standard error; 0 if assumed
  double r_squared = 0;    // of the straight line by least squares; NaN if assumed
  size_t points = 0;
  bool assumed = false;
  bool flat = false;

  // At a slope of `z` standard errors more; never falling.
  double At(double load, double z = 0) const;
  // The least load at which `limit` is passed; infinite if there is none.
  double LoadAt(double limit, double z = 0) const;
  double Idle() const;  // at no load, within 0 and the pivot's
};

// NaN in either is no point. Nothing is known (`points` 0) without any.
UtilizationLine FitUtilization(absl::Span<const double> loads, absl::Span<const double> utilizations);

}  // namespace tributary
