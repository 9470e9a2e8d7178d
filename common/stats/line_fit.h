#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

// A straight line y = intercept + slope x through points. x and y are of one length, all finite. Values; thread-safe.
//
// Errors:  InvalidArgument: fewer than three points, or all x equal.

struct LeastSquaresLine {
  double intercept = 0;
  double slope = 0;
  double intercept_error = 0;  // standard errors
  double slope_error = 0;
  double residual_deviation = 0;  // standard deviation around the line, of n - 2 degrees of freedom
  double r_squared = 0;
};
// Source: NIST/SEMATECH e-Handbook, section 4.4.3.1.
absl::StatusOr<LeastSquaresLine> FitLeastSquares(absl::Span<const double> x, absl::Span<const double> y);

struct RobustLine {
  double intercept = 0;  // median of y - slope x
  double slope = 0;      // median of the slopes between all pairs with different x
  double slope_low = 0;  // the interval that holds the true slope with the given confidence
  double slope_high = 0;
  bool rises_or_falls() const { return slope_low > 0 || slope_high < 0; }
};
// Unmoved by up to 29 % of wrong points. Of more than kMaxRobustPoints, so many evenly spaced ones count.
// Source: Theil 1950; the interval: Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 1968.
constexpr size_t kMaxRobustPoints = 1500;
absl::StatusOr<RobustLine> FitTheilSen(absl::Span<const double> x, absl::Span<const double> y, double confidence = 0.9);

}  // namespace tributary
