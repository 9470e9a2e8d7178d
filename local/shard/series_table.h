#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "common/hash/hash128.h"
#include "common/metric/metric_type.h"
#include "local/shard/client_table.h"
#include "local/shard/gauge_levels.h"
#include "local/shard/policy.h"
#include "local/shard/series.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// Name, tags and type as a client wrote them.
struct RawSeries {
  MetricType type = MetricType::kCounter;
  absl::string_view name;
  absl::string_view tags;  // "b:2,a:1"
};

// Tells which series a raw series goes to. What was asked before is answered from the hash of its bytes: one look-up,
// no allocation. What is new is split, put to the rules and held against the limits.
//
// Shape:   routes (hash -> ids) point to entries (id -> series). Many routes may lead to one series.
// Bounds:  series by SeriesLimiter; routes by twice max_series: beyond, a raw series is decided anew each time.
// Errors:  raw series are told apart by 128 bits: of a million, two are taken for one with probability 10^-27.
// Threads: owned by one reader.
class SeriesTable {
 public:
  // What all tables of an agent share. What is referred to outlives the table.
  struct Environment {
    PolicyPtr policy;
    const std::string& host;
    uint64_t cluster_seed;
    SeriesLimiter& limiter;
    GaugeLevels* levels;                                  // null: gauges have no deltas
    std::optional<Scope> scope_of_source = std::nullopt;  // of what no rule gives one
  };

  struct Route {
    absl::InlinedVector<SeriesId, 2> series;  // none: a rule drops it
    uint32_t last_used = 0;                   // interval
    uint16_t client = 0;                      // of its hash: who it was decided for
    FoldReason folded = FoldReason::kNone;
  };

  struct Entry {
    SeriesPtr series;                   // null: free
    std::shared_ptr<GaugeLevel> level;  // gauges that take deltas
    SeriesLimiter::Kind kind = SeriesLimiter::Kind::kOwn;
    uint32_t last_used = 0;
    // Where the open window has it; see Window.
    uint32_t slot = 0;
    uint64_t window = 0;
  };

  // `hash_seed` is secret, so that nobody can prepare raw series that collide.
  SeriesTable(const Environment& environment, uint64_t hash_seed);
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  Hash128 HashOf(const RawSeries& raw) const;
  // The same. What Intern will read first is fetched meanwhile.
  Hash128 Prefetch(const RawSeries& raw) const {
    const Hash128 hash = HashOf(raw);
    routes_.prefetch(hash);
    return hash;
  }
  // Valid until the next call. `client` asks; its series are counted. `hash` is that of `raw`.
  const Route& Intern(const RawSeries& raw, Hash128 hash, Client& client);
  const Route& Intern(const RawSeries& raw, Client& client) { return Intern(raw, HashOf(raw), client); }
  Entry& entry(SeriesId id) { return entries_[id]; }

  // Once per interval. What is folded for a rate is decided anew from now on, and what is folded for another limit
  // every limits.idle_intervals, when that forgets what was not asked for that long.
  void EndInterval();

  // Decides everything anew from now on. Series that no route leads to any more are forgotten as idle ones are.
  void Adopt(PolicyPtr policy);

  size_t series_count() const { return by_key_.size(); }
  size_t route_count() const { return routes_.size(); }

 private:
  struct RouteHash {
    size_t operator()(const Hash128& hash) const { return hash.low; }
  };
  struct SeriesHash {
    size_t operator()(const Series* series) const { return series->hash.low; }
  };
  struct SeriesEqual {
    bool operator()(const Series* a, const Series* b) const { return a->scope == b->scope && a->key == b->key; }
  };

  void MarkUsed(Route& route, Client& client);
  Route Decide(const RawSeries& raw, const Client& client);
  SeriesId Place(RoutedSeries routed, const Client& client, FoldReason& folded);
  FoldReason PlaceOwn(RoutedSeries& routed, const Client& client, SeriesId& id);
  SeriesId PlaceOther(RoutedSeries routed, const Client& client);
  // Nothing is admitted unless it returns kNone.
  FoldReason FindOrAdmit(const RoutedSeries& routed, SeriesLimiter::Kind kind, const Client& client, SeriesId& id);
  SeriesId NewEntry(std::shared_ptr<const Series> series, SeriesLimiter::Kind kind);
  void Release(SeriesId id);
  void ForgetIdle();

  const LimitsConfig& limits() const { return environment_.policy->limits; }

  Environment environment_;
  const uint64_t hash_seed_;
  absl::flat_hash_map<Hash128, Route, RouteHash> routes_;  // by the hash of the raw series
  Route uncached_;
  std::vector<Entry> entries_;
  std::vector<SeriesId> free_;
  absl::flat_hash_map<const Series*, SeriesId, SeriesHash, SeriesEqual> by_key_;
  uint32_t interval_ = 1;
  int intervals_ = 0;         // since the last forgetting
  bool rate_folded_ = false;  // some routes are, since the interval began
};

}  // namespace tributary
