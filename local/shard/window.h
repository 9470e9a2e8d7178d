#pragma once

#include <cstdint>
#include <vector>

#include "common/aggregate/aggregate.h"
#include "common/base/interval.h"
#include "local/shard/client_table.h"
#include "local/shard/fold_ledger.h"
#include "local/shard/sample_counts.h"
#include "local/shard/series.h"

namespace tributary {

// What one shard has of one interval: the series that had samples, in the order of their first. A value that crosses
// threads: it holds the series themselves, no ids.
struct Window {
  struct Entry {
    SeriesPtr series;
    Aggregate value;
    uint64_t sample_count = 0;
  };
  IntervalIndex interval = 0;
  std::vector<Entry> entries;
  std::vector<Event> events;
};

// Who did what, besides the aggregates: for people to look at.
struct ShardActivity {
  std::vector<Client> clients;
  std::vector<Fold> folds;
};

// What a shard hands over at the end of an interval.
struct ShardWindows {
  Window main;
  // Of earlier intervals: samples whose clients say that they belong there. Oldest first.
  std::vector<Window> late;
  ShardActivity activity;
  // Since the shard handed over last: accepted = dropped + in `main` and `late`.
  SampleCounts counts;
};

}  // namespace tributary
