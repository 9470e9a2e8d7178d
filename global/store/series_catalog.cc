#include "global/store/series_catalog.h"

#include <algorithm>
#include <utility>

namespace tributary {
namespace {

// A set of ids for asking of many lists whether they have one of it.
class IdSet {
 public:
  explicit IdSet(const LabelIndex::Postings& ids) : has_(ids.empty() ? 0 : ids.back() + size_t{1}) {
    for (const KeyId id : ids) has_[id] = true;
  }
  bool Meets(const LabelIndex::Postings& ids) const {
    return std::any_of(ids.begin(), ids.end(), [this](KeyId id) { return id < has_.size() && has_[id]; });
  }

 private:
  std::vector<bool> has_;
};

// False when that is one too many.
bool Append(FoundTexts& found, const std::string& text, size_t limit) {
  found.more = found.texts.size() == limit;
  if (!found.more) found.texts.push_back(text);
  return !found.more;
}

// The end of the step that `interval` is in; series begin theirs one after another.
IntervalIndex PromiseFor(KeyId id, IntervalIndex interval) {
  constexpr IntervalIndex kStep = SeriesCatalog::kLifetimeStep;
  const IntervalIndex phase = id % kStep;
  return ((interval + phase) / kStep + 1) * kStep - phase - 1;
}

}  // namespace

void SeriesCatalog::Restore(KeyId id, SharedSeriesKey key, const Lifetime& lifetime) {
  Insert(id, std::move(key), lifetime);
}

SeriesCatalog::Interned SeriesCatalog::Intern(const SharedSeriesKey& key, IntervalIndex interval) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    Entry& entry = *known->second;
    const bool is_longer = interval < entry.first || interval > entry.promised;
    if (interval < entry.first) entry.first = interval;
    if (interval > entry.last) entry.last = interval;
    if (!is_longer) return {entry.id, false, std::nullopt};
    entry.promised = std::max(entry.promised, PromiseFor(entry.id, interval));
    return {entry.id, false, Lifetime{entry.first, entry.promised}};
  }
  Entry& entry = Insert(next_id_, key, {interval, interval});
  entry.promised = PromiseFor(entry.id, interval);
  return {entry.id, true, Lifetime{interval, entry.promised}};
}

SeriesCatalog::Entry& SeriesCatalog::Insert(KeyId id, SharedSeriesKey key, const Lifetime& lifetime) {
  auto made = std::make_unique<Entry>();
  Entry& entry = *made;
  entry.id = id;
  entry.key = std::move(key);
  entry.first = lifetime.first;
  entry.last = lifetime.last;
  entry.promised = lifetime.last;
  by_key_.insert_or_assign(entry.key, &entry);
  next_id_ = std::max(next_id_, id + 1);
  size_ = by_key_.size();
  MutexLock lock(mutex_);
  index_.Add(id, *entry.key);
  entries_.insert_or_assign(id, std::move(made));
  return entry;
}

std::optional<KeyId> SeriesCatalog::IdOf(const SeriesKey& key) const {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return std::nullopt;
  return known->second->id;
}

std::vector<KeyId> SeriesCatalog::ForgetBefore(IntervalIndex interval) {
  std::vector<KeyId> forgotten;
  std::vector<SharedSeriesKey> keys;
  for (auto series = by_key_.begin(); series != by_key_.end();) {
    const auto current = series++;  // erasing invalidates no other iterator
    if (current->second->last >= interval) continue;
    forgotten.push_back(current->second->id);
    keys.push_back(current->second->key);
    by_key_.erase(current);
  }
  std::sort(forgotten.begin(), forgotten.end());
  size_ = by_key_.size();
  MutexLock lock(mutex_);
  std::vector<const SeriesKey*> plain_keys;
  for (const SharedSeriesKey& key : keys) plain_keys.push_back(&*key);
  index_.Remove(forgotten, plain_keys);
  for (const KeyId id : forgotten) entries_.erase(id);
  return forgotten;
}

std::optional<SharedSeriesKey> SeriesCatalog::Find(KeyId id) const {
  MutexLock lock(mutex_);
  const auto known = entries_.find(id);
  if (known == entries_.end()) return std::nullopt;
  return known->second->key;
}

std::optional<Lifetime> SeriesCatalog::LifetimeOf(KeyId id) const {
  MutexLock lock(mutex_);
  const auto known = entries_.find(id);
  if (known == entries_.end()) return std::nullopt;
  return known->second->lifetime();
}

std::vector<KeyId> SeriesCatalog::Ids(const Lifetime& meeting) const {
  MutexLock lock(mutex_);
  std::vector<KeyId> ids;
  for (const auto& [id, entry] : entries_) {
    if (entry->lifetime().Meets(meeting)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> SeriesCatalog::Names() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, series] : index_.names()) names.push_back(name);
  return names;
}

std::vector<StoredSeries> SeriesCatalog::FindByName(absl::string_view name) const {
  MutexLock lock(mutex_);
  std::vector<StoredSeries> found;
  const auto postings = index_.names().find(name);
  if (postings == index_.names().end()) return found;
  for (const KeyId id : postings->second) found.push_back({id, entries_.at(id)->key});
  return found;
}

LabelIndex::Postings SeriesCatalog::Matching(absl::Span<const LabelCondition> conditions,
                                             const Lifetime& meeting) const {
  LabelIndex::Postings ids = index_.Find(conditions);
  auto kept = ids.begin();
  for (const KeyId id : ids) {
    if (entries_.at(id)->lifetime().Meets(meeting)) *kept++ = id;
  }
  ids.erase(kept, ids.end());
  return ids;
}

FoundSeries SeriesCatalog::FindByLabels(absl::Span<const LabelCondition> conditions, const Lifetime& meeting,
                                        size_t limit) const {
  MutexLock lock(mutex_);
  FoundSeries found;
  for (const KeyId id : Matching(conditions, meeting)) {
    found.more = found.series.size() == limit;
    if (found.more) break;
    found.series.push_back({id, entries_.at(id)->key});
  }
  return found;
}

FoundTexts SeriesCatalog::LabelNames(absl::Span<const LabelCondition> conditions, const Lifetime& meeting,
                                     size_t limit) const {
  MutexLock lock(mutex_);
  FoundTexts found;
  const IdSet ids(Matching(conditions, meeting));
  for (const auto& [label, values] : index_.labels()) {
    const bool is_used =
        std::any_of(values.begin(), values.end(), [&](const auto& value) { return ids.Meets(value.second); });
    if (is_used && !Append(found, label, limit)) break;
  }
  return found;
}

FoundTexts SeriesCatalog::LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions,
                                      const Lifetime& meeting, size_t limit) const {
  MutexLock lock(mutex_);
  FoundTexts found;
  const auto values = index_.labels().find(label);
  if (values == index_.labels().end()) return found;
  const IdSet ids(Matching(conditions, meeting));
  for (const auto& [value, postings] : values->second) {
    if (ids.Meets(postings) && !Append(found, value, limit)) break;
  }
  return found;
}

}  // namespace tributary
