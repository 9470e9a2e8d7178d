#include "global/merge/series_memory.h"

#include <algorithm>

#include "common/base/check.h"

namespace tributary {

void SeriesMemory::Restore(const SeriesTotal& total) {
  auto [entry, is_new] = series_.try_emplace(total.key);
  SeriesRecord& record = entry->second;
  record.total = total.total;
  record.pending = total.pending;
  record.last_interval = total.last_interval;
  record.remembered = true;
  if (is_new) ++remembered_;
}

SeriesMemory::Series* SeriesMemory::Acquire(const SharedSeriesKey& key) {
  Series& series = *series_.try_emplace(key).first;
  ++series.second.windows;
  return &series;
}

void SeriesMemory::Release(Series* series) {
  TRIBUTARY_CHECK(series->second.windows > 0);
  if (--series->second.windows > 0 || series->second.remembered) return;
  series_.erase(series_.find(series->first));
}

const SeriesRecord* SeriesMemory::Find(const SeriesKey& key) const {
  const auto found = series_.find(key);
  return found == series_.end() ? nullptr : &found->second;
}

bool SeriesMemory::Remember(Series* series) {
  if (series->second.remembered) return true;
  if (remembered_ >= max_series_) {
    ++refused_;
    return false;
  }
  series->second.remembered = true;
  ++remembered_;
  return true;
}

std::vector<SeriesKey> SeriesMemory::ForgetBefore(IntervalIndex interval) {
  std::vector<SeriesKey> forgotten;
  for (auto entry = series_.begin(); entry != series_.end();) {
    const auto current = entry++;
    const SeriesRecord& record = current->second;
    if (!record.remembered || record.windows > 0 || record.last_interval >= interval) continue;
    if (HasTotal(current->first->type)) forgotten.push_back(current->first);
    series_.erase(current);
    --remembered_;
  }
  std::sort(forgotten.begin(), forgotten.end());
  return forgotten;
}

}  // namespace tributary
