#pragma once

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

// y = f(x; parameters). Writes the derivatives by each parameter.
using Curve = absl::FunctionRef<double(double x, absl::Span<const double> parameters, absl::Span<double> gradient)>;

struct CurveFit {
  std::vector<double> parameters;
  std::vector<double> standard_errors;  // from the curvature at the minimum
  double residual_deviation = 0;        // of n - p degrees of freedom
  double r_squared = 0;
};

// Least squares by Levenberg-Marquardt (Eigen's port of MINPACK), from `start`.
//
// Source:  More, "The Levenberg-Marquardt Algorithm: Implementation and Theory", 1978; errors: Bates and Watts,
//          "Nonlinear Regression Analysis and Its Applications", 1988, section 2.3.
// Errors:  InvalidArgument: no more points than parameters. FailedPrecondition: it does not come to a minimum, or the
//          points do not tell the parameters apart.
absl::StatusOr<CurveFit> FitCurve(Curve curve, absl::Span<const double> x, absl::Span<const double> y,
                                  absl::Span<const double> start);

}  // namespace tributary
