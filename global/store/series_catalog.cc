#include "global/store/series_catalog.h"

#include <algorithm>
#include <utility>

namespace tributary {

void SeriesCatalog::Restore(KeyId id, SeriesKey key, IntervalIndex last_interval) {
  MutexLock lock(mutex_);
  Insert(id, std::make_shared<const SeriesKey>(std::move(key)), last_interval);
}

std::pair<KeyId, bool> SeriesCatalog::Intern(const SeriesKey& key, IntervalIndex interval) {
  MutexLock lock(mutex_);
  if (const auto known = ids_.find(&key); known != ids_.end()) {
    Entry& entry = series_.at(known->second);
    entry.last_interval = std::max(entry.last_interval, interval);
    return {known->second, false};
  }
  const KeyId id = next_id_;
  Insert(id, std::make_shared<const SeriesKey>(key), interval);
  return {id, true};
}

void SeriesCatalog::Insert(KeyId id, std::shared_ptr<const SeriesKey> key, IntervalIndex interval) {
  by_name_[key->name].insert(id);
  ids_.emplace(key.get(), id);
  series_[id] = {std::move(key), interval};
  next_id_ = std::max(next_id_, id + 1);
}

std::vector<KeyId> SeriesCatalog::ForgetBefore(IntervalIndex interval) {
  MutexLock lock(mutex_);
  std::vector<KeyId> forgotten;
  for (const auto& [id, entry] : series_) {
    if (entry.last_interval < interval) forgotten.push_back(id);
  }
  std::sort(forgotten.begin(), forgotten.end());
  for (const KeyId id : forgotten) {
    const auto entry = series_.find(id);
    const SeriesKey& key = *entry->second.key;
    const auto name = by_name_.find(key.name);
    name->second.erase(id);
    if (name->second.empty()) by_name_.erase(name);
    ids_.erase(&key);
    series_.erase(entry);
  }
  return forgotten;
}

std::shared_ptr<const SeriesKey> SeriesCatalog::Find(KeyId id) const {
  MutexLock lock(mutex_);
  const auto known = series_.find(id);
  return known == series_.end() ? nullptr : known->second.key;
}

std::optional<KeyId> SeriesCatalog::IdOf(const SeriesKey& key) const {
  MutexLock lock(mutex_);
  const auto known = ids_.find(&key);
  if (known == ids_.end()) return std::nullopt;
  return known->second;
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
  for (const KeyId id : entry->second) found.push_back({id, series_.at(id).key});
  return found;
}

size_t SeriesCatalog::size() const {
  MutexLock lock(mutex_);
  return series_.size();
}

}  // namespace tributary
