#include "local/sinks/local_totals.h"

#include <algorithm>

namespace tributary {

void LocalTotals::Count(std::vector<Row>& rows) {
  for (const Row& row : rows) newest_ = std::max(newest_, row.interval);
  for (Row& row : rows) {
    if (!HasTotal(row.key->type)) continue;
    Series* series = Find(row.key, newest_);
    if (series == nullptr) continue;
    if (row.late) {
      series->pending += AddedBy(row.value);
      continue;
    }
    if (!series->total) series->total = RunningTotal{.count = {}, .sum = {}, .since = row.interval};
    *series->total += AddedBy(row.value);
    *series->total += series->pending;
    series->pending = RunningTotal();
    row.total = series->total;
  }
  if (newest_ - last_forgetting_ >= kIdleIntervals / 2) ForgetIdle(newest_);
}

LocalTotals::Series* LocalTotals::Find(const SeriesKey& key, IntervalIndex now) {
  auto found = series_.find(key);
  if (found == series_.end()) {
    if (series_.size() >= max_series_) return nullptr;
    found = series_.try_emplace(key).first;
  }
  found->second.last_row = now;
  return &found->second;
}

void LocalTotals::ForgetIdle(IntervalIndex now) {
  absl::erase_if(series_, [now](const auto& series) { return now - series.second.last_row > kIdleIntervals; });
  last_forgetting_ = now;
}

}  // namespace tributary
