#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "proxy/promql/sample_source.h"

namespace tributary::promql {

// Series in memory, given as they are: cumulative where Prometheus has counters. Folds nothing. Thread-compatible.
class MemorySource final : public SampleSource {
 public:
  // Points of a series that is there already are added to it. REQUIRES: `points` by time, after what it has.
  void Add(const Labels& labels, std::vector<Point> points);
  void Clear() { series_.clear(); }

  absl::StatusOr<Selected> Select(const Selection& selection, QueryContext& context) override;

 private:
  std::vector<Series> series_;  // in the order they were added
};

}  // namespace tributary::promql
