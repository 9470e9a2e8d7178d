#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tributary::promql {

// The phi-quantile of floats, between neighbours by their distance in rank, as Prometheus's quantile and
// quantile_over_time have it. -Inf for phi below 0, +Inf above 1; NaN for no values or phi NaN; NaN values sort first.
double Quantile(double phi, std::vector<double> values);

// "" when phi is in [0, 1], else the warning for the answer.
std::string QuantileWarning(double phi, absl::string_view position);

}  // namespace tributary::promql
