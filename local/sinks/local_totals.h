#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/aggregate/row.h"
#include "common/metric/series_key.h"
#include "common/metric/series_key_hash.h"

namespace tributary {

// The running totals of series of scope local, which cumulative storages are fed with. They begin anew with each life
// of the agent, and with a series that had no rows for kIdleIntervals.
//
// Bound:   max_series; rows of a series beyond it go without a total, as storages count as `no_points`.
// Threads: thread-compatible.
class LocalTotals {
 public:
  static constexpr IntervalIndex kIdleIntervals = 360;

  explicit LocalTotals(size_t max_series) : max_series_(max_series) {}

  // Gives each main row of a counter or distribution its total. What came late grows the total of the next main row.
  // The rows of one interval and the late ones with it; intervals ascend.
  void Count(std::vector<Row>& rows);

  size_t series_count() const { return series_.size(); }

 private:
  struct Series {
    std::optional<RunningTotal> total;
    RunningTotal pending;  // of late rows
    IntervalIndex last_row = 0;
  };

  Series* Find(const SeriesKey& key, IntervalIndex now);
  void ForgetIdle(IntervalIndex now);

  const size_t max_series_;
  absl::flat_hash_map<SeriesKey, Series, SeriesKeyHash> series_;
  IntervalIndex newest_ = 0;
  IntervalIndex last_forgetting_ = 0;
};

}  // namespace tributary
