#include "global/store/series_catalog.h"

#include <algorithm>
#include <utility>

namespace tributary {

void SeriesCatalog::Restore(KeyId id, SharedSeriesKey key, IntervalIndex last_interval) {
  MutexLock lock(mutex_);
  Insert(id, std::move(key), last_interval);
}

std::pair<KeyId, bool> SeriesCatalog::Intern(const SharedSeriesKey& key, IntervalIndex interval) {
  MutexLock lock(mutex_);
  if (const auto known = series_.find(key); known != series_.end()) {
    Entry& entry = known->second;
    entry.last_interval = std::max(entry.last_interval, interval);
    return {entry.id, false};
  }
  const KeyId id = next_id_;
  Insert(id, key, interval);
  return {id, true};
}

void SeriesCatalog::Insert(KeyId id, SharedSeriesKey key, IntervalIndex interval) {
  by_name_[key->name].insert(id);
  keys_.insert_or_assign(id, key);
  series_.insert_or_assign(std::move(key), Entry{id, interval});
  next_id_ = std::max(next_id_, id + 1);
}

std::vector<KeyId> SeriesCatalog::ForgetBefore(IntervalIndex interval) {
  MutexLock lock(mutex_);
  std::vector<KeyId> forgotten;
  for (auto series = series_.begin(); series != series_.end();) {
    const auto current = series++;  // erasing invalidates no other iterator
    const auto& [key, entry] = *current;
    if (entry.last_interval >= interval) continue;
    forgotten.push_back(entry.id);
    const auto name = by_name_.find(key->name);
    name->second.erase(entry.id);
    if (name->second.empty()) by_name_.erase(name);
    keys_.erase(entry.id);
    series_.erase(current);
  }
  std::sort(forgotten.begin(), forgotten.end());
  return forgotten;
}

std::optional<SharedSeriesKey> SeriesCatalog::Find(KeyId id) const {
  MutexLock lock(mutex_);
  const auto known = keys_.find(id);
  if (known == keys_.end()) return std::nullopt;
  return known->second;
}

std::optional<KeyId> SeriesCatalog::IdOf(const SeriesKey& key) const {
  MutexLock lock(mutex_);
  const auto known = series_.find(key);
  if (known == series_.end()) return std::nullopt;
  return known->second.id;
}

std::vector<std::string> SeriesCatalog::Names() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, series] : by_name_) names.push_back(name);
  return names;
}

std::vector<StoredSeries> SeriesCatalog::FindByName(absl::string_view name) const {
  MutexLock lock(mutex_);
  std::vector<StoredSeries> found;
  const auto entry = by_name_.find(std::string(name));
  if (entry == by_name_.end()) return found;
  for (const KeyId id : entry->second) found.push_back({id, keys_.at(id)});
  return found;
}

size_t SeriesCatalog::size() const {
  MutexLock lock(mutex_);
  return series_.size();
}

}  // namespace tributary
