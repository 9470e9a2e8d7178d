#pragma once

#include <atomic>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/hash/hash128.h"

namespace tributary {

// The last value of a gauge, for deltas to apply to. Senders of one gauge may be read by several shards, so it is one
// atomic number; with senders in parallel the order is that in which they are read. Thread-safe.
class GaugeLevel {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  // Returns the value after it.
  double Add(double delta) { return value_.fetch_add(delta, std::memory_order_relaxed) + delta; }

 private:
  std::atomic<double> value_{0};  // where a gauge starts that is only ever changed
};

// Finds the level of a gauge by its series' hash. A shard asks once and keeps it as long as it knows the series, so
// that no sample takes a lock; a level that no shard holds is kept for kKept more.
// Threads: thread-safe.
class GaugeLevels {
 public:
  static constexpr absl::Duration kKept = absl::Hours(1);

  explicit GaugeLevels(size_t max_levels) : max_levels_(max_levels) {}

  void set_max_levels(size_t max_levels);
  // When max_levels are kept already, a level for the asker alone.
  std::shared_ptr<GaugeLevel> Find(Hash128 series);
  // Forgets what nobody has held for kKept. Once a minute is often enough.
  void Forget(absl::Time now);

  size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<GaugeLevel> level;
    absl::Time last_held = absl::InfinitePast();  // as Forget has seen it
  };
  mutable Mutex mutex_;
  size_t max_levels_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Hash128, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
