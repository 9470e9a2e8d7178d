#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/hash/hash128.h"
#include "common/metric/series_key.h"
#include "local/shard/limits_config.h"

namespace tributary {

// Why a series was folded into `__other__`.
enum class FoldReason : uint8_t { kNone, kSeriesLimit, kMetricLimit, kTagLimit };
inline constexpr int kFoldReasonCount = 4;
absl::string_view FoldReasonName(FoldReason reason);  // "series_limit"

// Counts the series of all shards against the limits; asked when a series is new to a shard or forgotten by it.
//
// Bounds:  series that clients named: max_series and max_key_bytes. Series `__other__` of one name each: a tenth of
//          that. Beyond that only the catch-all series, of which there is one per type, scope and host tag.
// Threads: thread-safe.
class SeriesLimiter {
 public:
  enum class Kind : uint8_t { kOwn, kOther, kCatchAll };

  explicit SeriesLimiter(const LimitsConfig& limits) : limits_(limits) {}

  // For what is new from now on. What is counted already stays.
  void Adopt(const LimitsConfig& limits);

  // kNone: it is counted until Release. A series that several shards have counts once.
  FoldReason Admit(Kind kind, const SeriesKey& key, Hash128 hash);
  void Release(Kind kind, const SeriesKey& key, Hash128 hash);

  size_t series_count() const;

 private:
  mutable Mutex mutex_;
  LimitsConfig limits_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Hash128, uint32_t> shards_of_ ABSL_GUARDED_BY(mutex_);    // kOwn
  absl::flat_hash_map<std::string, size_t> series_of_ ABSL_GUARDED_BY(mutex_);  // kOwn, by name
  size_t key_bytes_ ABSL_GUARDED_BY(mutex_) = 0;                                // kOwn
  absl::flat_hash_map<Hash128, uint32_t> shards_of_other_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
