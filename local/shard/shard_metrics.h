#pragma once

#include <array>

#include "common/telemetry/telemetry.h"
#include "local/shard/sample_counts.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// SampleCounts of all shards as self-metrics: accepted = flushed + dropped + open, at any moment but for the batch in
// hand.
struct ShardMetrics {
  explicit ShardMetrics(Telemetry& telemetry);

  Counter& accepted;
  Gauge& open;  // in windows that are not flushed
  std::array<Counter*, kDropReasonCount> dropped;
  std::array<Counter*, kFoldReasonCount> folded;
};

}  // namespace tributary
