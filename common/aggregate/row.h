#pragma once

#include <cstdint>
#include <optional>

#include "common/aggregate/aggregate.h"
#include "common/base/interval.h"
#include "common/metric/shared_series_key.h"

namespace tributary {

// Sums since a series' total started anew; what cumulative storages are fed with.
struct RunningTotal {
  Fixed128 count;           // counters: of the values; distributions: of the weights
  Fixed192 sum;             // distributions only
  IntervalIndex since = 0;  // the total's first interval
  // Adds count and sum.
  RunningTotal& operator+=(const RunningTotal& added);
  friend bool operator==(const RunningTotal&, const RunningTotal&) = default;
};

// Counters and distributions.
bool HasTotal(MetricType type);
// What one aggregate adds to a total. REQUIRES: HasTotal of its type.
RunningTotal AddedBy(const Aggregate& value);

// One series in one interval as its owner committed it. A value.
struct Row {
  SharedSeriesKey key;
  IntervalIndex interval = 0;
  uint32_t version = 1;  // 1 main; 2.. late: only what came after the versions before it
  bool partial = false;  // closed below the coverage bar: no percentiles are made of it
  bool late = false;
  // Made of more than merge.buffer_bytes: whoever else computes it has it equal only within the digest's error.
  bool approximate_order = false;
  double coverage = 1;        // heard contributors / expected contributors
  uint32_t contributors = 0;  // instances merged
  Aggregate value;
  std::optional<RunningTotal> total;  // this row included; counters and distributions only
};

}  // namespace tributary
