#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// What several steps of an evaluation do to the series they made.

// Series without points go; those of equal labels become one, their points in order of time. Two points of one time and
// equal labels are an error, in Prometheus's words. The order of the first of each stays.
absl::Status MergeEqualLabels(std::vector<Series>& series);

void SortByLabels(std::vector<Series>& series);

// What points count against max_samples: about their memory in that of a float.
int64_t WeightOf(absl::Span<const Point> points);
int64_t WeightOf(const std::vector<Series>& series);

// What the series has in common with those that match it: equal for equal values of `labels` (on), or of all others but
// the name (ignoring). `labels` is sorted.
std::string Signature(const Labels& of, bool on, const std::vector<std::string>& labels);

}  // namespace tributary::promql
