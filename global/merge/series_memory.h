#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/metric/shared_series_key.h"
#include "global/merge/commit_plan.h"
#include "global/merge/roster.h"

namespace tributary {

// What an owner remembers of one series between windows.
struct SeriesRecord {
  std::optional<RunningTotal> total;
  RunningTotal pending;
  IntervalIndex last_interval = INT64_MIN;  // of its last main row
  // Whom its next row is expected from: who contributed to the last one, and who should have but was missing. Sorted.
  // Empty when nothing is known, or when there are more than kMaxExpected: then the roster speaks for the series.
  RosterSlots expected;
  bool remembered = false;
  uint32_t windows = 0;  // open ones that hold it
};

// The series an owner has seen, interned: windows refer to them by address.
//
// Bounds:  series of open windows, which are bounded by bytes, and max_series remembered ones; an entry is about 250
//          bytes with its key, and at most kMaxExpected * 2 more.
// Threads: thread-compatible. Addresses hold from Acquire to Release.
class SeriesMemory {
 public:
  using Series = std::pair<const SharedSeriesKey, SeriesRecord>;
  static constexpr size_t kMaxExpected = 1024;

  explicit SeriesMemory(size_t max_series) : max_series_(max_series) {}

  void Restore(const SeriesTotal& total);
  Series* Acquire(const SharedSeriesKey& key);
  void Release(Series* series);

  // Null when nothing is known of the series.
  const SeriesRecord* Find(const SeriesKey& key) const;
  // Keeps the record beyond its windows. False when there is no room.
  bool Remember(Series* series);
  // Forgets series without a main row since `interval` that no window holds; returns those with totals, sorted.
  std::vector<SeriesKey> ForgetBefore(IntervalIndex interval);

  size_t size() const { return remembered_; }
  uint64_t refused() const { return refused_; }

 private:
  const size_t max_series_;
  size_t remembered_ = 0;
  uint64_t refused_ = 0;
  absl::node_hash_map<SharedSeriesKey, SeriesRecord, SharedSeriesKeyHash, SharedSeriesKeyEqual> series_;
};

}  // namespace tributary
