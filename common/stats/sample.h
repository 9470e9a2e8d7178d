#pragma once

#include <vector>

#include "absl/types/span.h"

namespace tributary {

// Plain statistics of a few values in memory. REQUIRES everywhere: at least one value, all finite.

double MeanOf(absl::Span<const double> values);
double DeviationOf(absl::Span<const double> values);  // of the population they are a sample of; of one value 0

// Between the two nearest ranks, linearly. Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages", The
// American Statistician 1996, definition 7.
double SortedQuantile(absl::Span<const double> ascending, double q);
double QuantileOf(std::vector<double> values, double q);
inline double MedianOf(std::vector<double> values) { return QuantileOf(std::move(values), 0.5); }

}  // namespace tributary
