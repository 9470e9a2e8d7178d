#include "local/shard/series_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/hash/hash128.h"
#include "common/metric/series_key.h"

namespace tributary {
namespace {

constexpr absl::string_view kHostTag = "host";

// As sent: the rules want the tags canonical, which their Apply sees to.
SeriesKey ToKey(const RawSeries& raw) {
  SeriesKey key;
  key.name = std::string(raw.name);
  key.type = raw.type;
  for (const absl::string_view tag : absl::StrSplit(raw.tags, ',', absl::SkipEmpty())) key.tags.emplace_back(tag);
  return key;
}

bool TagsFit(const SeriesKey& key, const LimitsConfig& limits) {
  const auto fits = [&limits](const std::string& tag) { return tag.size() <= limits.max_tag_bytes; };
  return key.tags.size() <= limits.max_tags && std::all_of(key.tags.begin(), key.tags.end(), fits);
}

// Tells clients apart well enough: for those it does not, a folded series waits longer to be decided upon again.
uint16_t ShortHash(const Client& client) { return static_cast<uint16_t>(client.hash); }

// A series of a host stays one of that host.
void FoldTags(RoutedSeries& routed) {
  const std::string host(FindTag(routed.key.tags, kHostTag));
  routed.key.tags = {std::string(kOtherText)};
  if (routed.scope == Scope::kGlobal || host.empty() || host.size() > kMaxTagBytes / 2) return;
  routed.key.tags.push_back(absl::StrCat(kHostTag, ":", host));
  routed.key.Canonicalise();
}

}  // namespace

SeriesTable::SeriesTable(const Environment& environment, uint64_t hash_seed)
    : environment_(environment), hash_seed_(hash_seed) {}

SeriesTable::~SeriesTable() {
  for (SeriesId id = 0; id < entries_.size(); ++id) {
    if (entries_[id].series != nullptr) Release(id);
  }
}

Hash128 SeriesTable::HashOf(const RawSeries& raw) const {
  const Hash128 name = Xxh3Hash128(raw.name, hash_seed_ + static_cast<uint64_t>(raw.type));
  const Hash128 tags = Xxh3Hash128(raw.tags, name.low);
  return {tags.high ^ name.high, tags.low};
}

const SeriesTable::Route& SeriesTable::Intern(const RawSeries& raw, Hash128 hash, Client& client) {
  auto found = routes_.find(hash);
  if (found == routes_.end()) {
    uncached_ = Decide(raw, client);
    if (routes_.size() >= 2 * limits().max_series) {
      MarkUsed(uncached_, client);
      return uncached_;
    }
    found = routes_.emplace(hash, std::move(uncached_)).first;
  } else if (IsOfClient(found->second.folded) && found->second.client != ShortHash(client)) {
    found->second = Decide(raw, client);  // what one client may not, another may
  }
  MarkUsed(found->second, client);
  return found->second;
}

// A route that is in use keeps its series in use, so that forgetting need not look from one to the other.
void SeriesTable::MarkUsed(Route& route, Client& client) {
  if (route.last_used == interval_) return;
  route.last_used = interval_;
  for (const SeriesId id : route.series) entries_[id].last_used = interval_;
  ++client.series;
  if (route.folded != FoldReason::kNone) ++client.series_folded;
}

SeriesTable::Route SeriesTable::Decide(const RawSeries& raw, const Client& client) {
  Route route;
  route.client = ShortHash(client);
  for (RoutedSeries& routed :
       environment_.policy->rules.Apply(ToKey(raw), environment_.host, environment_.scope_of_source)) {
    route.series.push_back(Place(std::move(routed), client, route.folded));
  }
  rate_folded_ |= IsRate(route.folded);
  return route;
}

SeriesId SeriesTable::Place(RoutedSeries routed, const Client& client, FoldReason& folded) {
  SeriesId id = 0;
  const FoldReason reason = PlaceOwn(routed, client, id);
  if (reason == FoldReason::kNone) return id;
  folded = reason;
  return reason == FoldReason::kValueLimit ? id : PlaceOther(std::move(routed), client);
}

// Its own series, or with kValueLimit the one that only lacks the values beyond that limit. Else none.
FoldReason SeriesTable::PlaceOwn(RoutedSeries& routed, const Client& client, SeriesId& id) {
  constexpr auto kOwn = SeriesLimiter::Kind::kOwn;
  if (routed.key.name.size() > kMaxNameBytes || !TagsFit(routed.key, limits())) return FoldReason::kTagLimit;
  FoldReason reason = FindOrAdmit(routed, kOwn, client, id);
  if (reason != FoldReason::kValueLimit) return reason;
  environment_.limiter.FoldValues(routed.key);
  if (!TagsFit(routed.key, limits())) return FoldReason::kTagLimit;
  reason = FindOrAdmit(routed, kOwn, client, id);
  if (reason == FoldReason::kValueLimit) return FoldReason::kSeriesLimit;  // another shard was faster to the last value
  return reason == FoldReason::kNone ? FoldReason::kValueLimit : reason;
}

// The series of its name that takes what is too much, or that of all names.
SeriesId SeriesTable::PlaceOther(RoutedSeries routed, const Client& client) {
  using Kind = SeriesLimiter::Kind;
  SeriesId id = 0;
  FoldTags(routed);
  const bool name_fits = routed.key.name.size() <= kMaxNameBytes;
  if (name_fits && FindOrAdmit(routed, Kind::kOther, client, id) == FoldReason::kNone) return id;
  routed.key.name = std::string(kOtherText);
  FindOrAdmit(routed, Kind::kCatchAll, client, id);
  return id;
}

FoldReason SeriesTable::FindOrAdmit(const RoutedSeries& routed, SeriesLimiter::Kind kind, const Client& client,
                                    SeriesId& id) {
  auto series = std::make_shared<Series>();
  series->key = routed.key;
  series->scope = routed.scope;
  series->hash = tributary::HashOf(routed.key, environment_.cluster_seed);
  series->dither_seed = Xxh3Hash64(environment_.host, series->hash.low);
  if (const auto found = by_key_.find(series.get()); found != by_key_.end()) {
    id = found->second;
    return FoldReason::kNone;
  }
  const FoldReason reason = environment_.limiter.Admit(kind, routed.key, series->hash, client.hash);
  if (reason == FoldReason::kNone) id = NewEntry(std::move(series), kind);
  return reason;
}

SeriesId SeriesTable::NewEntry(std::shared_ptr<const Series> series, SeriesLimiter::Kind kind) {
  if (free_.empty()) {
    free_.push_back(static_cast<SeriesId>(entries_.size()));
    entries_.emplace_back();
  }
  const SeriesId id = free_.back();
  free_.pop_back();
  Entry& entry = entries_[id];
  entry.series = std::move(series);
  entry.kind = kind;
  const bool takes_deltas = entry.series->key.type == MetricType::kGauge && entry.series->scope != Scope::kGlobal;
  if (takes_deltas && environment_.levels != nullptr) entry.level = environment_.levels->Find(entry.series->hash);
  by_key_.emplace(entry.series.get(), id);
  return id;
}

void SeriesTable::Release(SeriesId id) {
  Entry& entry = entries_[id];
  by_key_.erase(entry.series.get());
  environment_.limiter.Release(entry.kind, entry.series->key, entry.series->hash);
  entry = Entry();
  free_.push_back(id);
}

void SeriesTable::Adopt(PolicyPtr policy) {
  environment_.policy = std::move(policy);
  routes_.clear();
}

void SeriesTable::EndInterval() {
  if (std::exchange(rate_folded_, false)) {
    absl::erase_if(routes_, [](const auto& item) { return IsRate(item.second.folded); });
  }
  if (++intervals_ >= limits().idle_intervals) ForgetIdle();
  ++interval_;
}

void SeriesTable::ForgetIdle() {
  intervals_ = 0;
  const auto is_idle = [this](uint32_t last_used) { return last_used + limits().idle_intervals <= interval_; };
  absl::erase_if(routes_, [&is_idle](const auto& item) {
    return item.second.folded != FoldReason::kNone || is_idle(item.second.last_used);
  });
  for (SeriesId id = 0; id < entries_.size(); ++id) {
    if (entries_[id].series != nullptr && is_idle(entries_[id].last_used)) Release(id);
  }
}

}  // namespace tributary
