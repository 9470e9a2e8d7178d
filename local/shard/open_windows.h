#pragma once

#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "common/base/interval.h"
#include "local/shard/limits_config.h"
#include "local/shard/series_table.h"
#include "local/shard/window.h"

namespace tributary {

// The window of the open interval, and those of closed ones that clients still write to by timestamp. Finding an entry
// of the open window costs no look-up: the series' table entry says where it is.
// Threads: owned by one reader.
class OpenWindows {
 public:
  // `compression` is of digests.
  OpenWindows(double compression, const LimitsConfig& limits, IntervalIndex first_interval);
  void Adopt(const LimitsConfig& limits) { limits_ = limits; }

  IntervalIndex interval() const { return main_.interval; }

  Window::Entry& Main(SeriesTable::Entry& series);
  // Null when there are limits.max_late_series. REQUIRES: interval < this->interval().
  Window::Entry* Late(const SeriesTable::Entry& series, IntervalIndex interval);
  // False when there are limits.max_events.
  bool Add(Event event);

  // Everything so far; `next_interval` is open from now on.
  ShardWindows Take(IntervalIndex next_interval);

 private:
  struct LateWindow {
    Window window;
    absl::flat_hash_map<const Series*, uint32_t> slots;
  };

  Window::Entry NewEntry(const SeriesPtr& series) const;

  const double compression_;
  LimitsConfig limits_;
  Window main_;
  uint64_t number_ = 1;  // of main_; table entries that name it know their slot
  std::map<IntervalIndex, LateWindow> late_;
  size_t late_series_ = 0;
};

}  // namespace tributary
