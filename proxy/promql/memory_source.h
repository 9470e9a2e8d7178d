#pragma once

#include <vector>

#include "proxy/promql/sample_source.h"

namespace tributary::promql {

// Series in memory, as a test or a file of series gives them: cumulative, nothing folded. Select is thread-safe while
// nothing is added.
class MemorySource : public SampleSource {
 public:
  // Points by time. Of equal labels the points come after those that are there.
  void Add(Series series);
  void Clear() { series_.clear(); }
  const std::vector<Series>& series() const { return series_; }

  absl::StatusOr<Selected> Select(const Selection& selection, QueryContext& context) override;

 private:
  std::vector<Series> series_;
};

}  // namespace tributary::promql
