#pragma once

#include <vector>

#include "absl/types/span.h"

namespace tributary {

// The non-decreasing values nearest to `values` in weighted squares: neighbours that fall are pooled.
// REQUIRES: as many weights, all positive.
// Source: Ayer, Brunk, Ewing, Reid, Silverman, "An Empirical Distribution Function for Sampling with Incomplete
// Information", Annals of Mathematical Statistics 1955 (pool adjacent violators).
std::vector<double> IsotonicRegression(absl::Span<const double> values, absl::Span<const double> weights);

}  // namespace tributary
