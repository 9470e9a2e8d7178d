#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace tributary {

// The methods that ForecastSeasonal chooses from. Each gives `horizon` values, NaN where it knows nothing. `history`
// may hold NaN for what is not known.
struct SeasonalMethod {
  const char* name;
  std::vector<double> (*forecast)(absl::Span<const double> history, size_t day, size_t horizon);
};

absl::Span<const SeasonalMethod> SeasonalMethods();

// Change per step: the Theil-Sen slope of the medians of whole weeks, if there are four; 0 if it is not surely
// different from 0.
double TrendPerStep(absl::Span<const double> history, size_t day);

}  // namespace tributary
