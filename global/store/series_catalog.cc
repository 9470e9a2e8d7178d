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
  if (const auto name = by_name_.find(key.name); name != by_name_.end()) {
    if (const auto known = name->second.find(key); known != name->second.end()) {
      Entry& entry = series_.at(known->second);
      entry.last_interval = std::max(entry.last_interval, interval);
      return {known->second, false};
    }
  }
  const KeyId id = next_id_;
  Insert(id, std::make_shared<const SeriesKey>(key), interval);
  return {id, true};
}

void SeriesCatalog::Insert(KeyId id, std::shared_ptr<const SeriesKey> key, IntervalIndex interval) {
  by_name_[key->name].emplace(*key, id);
  series_[id] = {std::move(key), interval};
  next_id_ = std::max(next_id_, id + 1);
}

std::vector<KeyId> SeriesCatalog::ForgetBefore(IntervalIndex interval) {
  MutexLock lock(mutex_);
  std::vector<KeyId> forgotten;
  for (auto entry = series_.begin(); entry != series_.end();) {
    if (entry->second.last_interval >= interval) {
      ++entry;
      continue;
    }
    const auto name = by_name_.find(entry->second.key->name);
    name->second.erase(*entry->second.key);
    if (name->second.empty()) by_name_.erase(name);
    forgotten.push_back(entry->first);
    entry = series_.erase(entry);
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
  const auto name = by_name_.find(key.name);
  if (name == by_name_.end()) return std::nullopt;
  const auto known = name->second.find(key);
  if (known == name->second.end()) return std::nullopt;
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
  for (const auto& [key, id] : entry->second) found.push_back({id, series_.at(id).key});
  std::sort(found.begin(), found.end(), [](const StoredSeries& a, const StoredSeries& b) { return a.id < b.id; });
  return found;
}

size_t SeriesCatalog::size() const {
  MutexLock lock(mutex_);
  return series_.size();
}

}  // namespace tributary
