#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "common/metric/metric_type.h"
#include "common/rules/rule_set.h"
#include "local/shard/gauge_levels.h"
#include "local/shard/limits_config.h"
#include "local/shard/series.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// Name, tags and type as a client wrote them.
struct RawSeries {
  MetricType type = MetricType::kCounter;
  absl::string_view name;
  absl::string_view tags;  // "b:2,a:1"
};

// Tells which series a raw series goes to. What was asked before is answered from its bytes: one hash, one look-up, no
// allocation. What is new is split, put to the rules and held against the limits.
//
// Shape:   routes (raw bytes -> ids) point to entries (id -> series). Many routes may lead to one series.
// Bounds:  series by SeriesLimiter; routes by twice max_series and by max_key_bytes: beyond, a raw
//          series is decided anew each time.
// Threads: owned by one reader.
class SeriesTable {
 public:
  // What all tables of an agent share. Everything outlives the table.
  struct Environment {
    const RuleSet& rules;
    const std::string& host;
    uint64_t cluster_seed;
    const LimitsConfig& limits;
    SeriesLimiter& limiter;
    GaugeLevels* levels;  // null: gauges have no deltas
  };

  struct Route {
    absl::InlinedVector<SeriesId, 2> series;  // none: a rule drops it
    FoldReason folded = FoldReason::kNone;
    uint32_t last_used = 0;
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

  // `hash_seed` is secret, so that nobody can make raw series that collide.
  SeriesTable(const Environment& environment, uint64_t hash_seed);
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  // Valid until the next call.
  const Route& Intern(const RawSeries& raw);
  Entry& entry(SeriesId id) { return entries_[id]; }

  // Once per interval: every limits.idle_intervals forgets what was not asked for since it last did, and what is folded
  // is decided anew.
  void EndInterval();

  size_t series_count() const { return by_key_.size(); }
  size_t route_count() const { return routes_.size(); }

 private:
  struct Raw {
    MetricType type;
    uint16_t name_bytes;
    std::string bytes;  // name, then tags
    uint64_t hash;
  };
  struct HashedRaw {
    const RawSeries& raw;
    uint64_t hash;
  };
  struct RawHash {
    using is_transparent = void;
    size_t operator()(const Raw& raw) const { return raw.hash; }
    size_t operator()(const HashedRaw& raw) const { return raw.hash; }
  };
  struct RawEqual {
    using is_transparent = void;
    bool operator()(const Raw& a, const HashedRaw& b) const;
    bool operator()(const HashedRaw& a, const Raw& b) const { return (*this)(b, a); }
    bool operator()(const Raw& a, const Raw& b) const;
  };
  struct SeriesHash {
    size_t operator()(const Series* series) const { return series->hash.low; }
  };
  struct SeriesEqual {
    bool operator()(const Series* a, const Series* b) const { return a->scope == b->scope && a->key == b->key; }
  };

  uint64_t HashOfRaw(const RawSeries& raw) const;
  bool HasRoomFor(const RawSeries& raw) const;
  void MarkUsed(Route& route);
  Route Decide(const RawSeries& raw);
  SeriesId Place(RoutedSeries routed, FoldReason& folded);
  // Nothing is admitted unless it returns kNone.
  FoldReason FindOrAdmit(const RoutedSeries& routed, SeriesLimiter::Kind kind, SeriesId& id);
  SeriesId NewEntry(std::shared_ptr<const Series> series, SeriesLimiter::Kind kind);
  void Release(SeriesId id);

  const Environment environment_;
  const uint64_t hash_seed_;
  absl::flat_hash_map<Raw, Route, RawHash, RawEqual> routes_;
  Route uncached_;
  size_t route_bytes_ = 0;  // of names and tags
  std::vector<Entry> entries_;
  std::vector<SeriesId> free_;
  absl::flat_hash_map<const Series*, SeriesId, SeriesHash, SeriesEqual> by_key_;
  uint32_t generation_ = 1;
  int intervals_ = 0;  // since the last forgetting
};

}  // namespace tributary
