#pragma once

#include <vector>

#include "common/base/interval.h"
#include "local/shard/window.h"

namespace tributary {

// Who did what in one interval, besides the aggregates.
struct IntervalActivity {
  struct ActiveSeries {
    SeriesPtr series;
    uint64_t samples = 0;
  };
  IntervalIndex interval = 0;
  std::vector<ActiveSeries> series;   // each once
  std::vector<ShardActivity> shards;  // of all of them; a late one's comes with the next interval
};

// Called on the flusher's thread, once for each interval that had windows, before the interval's units are handed on.
class ActivityReceiver {
 public:
  virtual ~ActivityReceiver() = default;
  virtual void OnActivity(IntervalActivity activity) = 0;
};

}  // namespace tributary
