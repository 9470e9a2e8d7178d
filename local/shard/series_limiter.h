#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/token_bucket.h"
#include "common/hash/hash128.h"
#include "common/metric/series_key.h"
#include "local/shard/limits_config.h"
#include "local/shard/tag_values.h"

namespace tributary {

// Why a series was folded into `__other__`.
enum class FoldReason : uint8_t {
  kNone,
  kSeriesLimit,  // max_series, max_key_bytes
  kMetricLimit,  // max_series_per_metric
  kTagLimit,     // max_tags, max_tag_bytes
  kClientLimit,  // max_series_per_client
  kValueLimit,   // max_values_per_tag
  kSeriesRate,   // new_series_per_second
  kClientRate,   // new_series_per_second_per_client
};
inline constexpr int kFoldReasonCount = 8;
absl::string_view FoldReasonName(FoldReason reason);  // "series_limit"
inline bool IsRate(FoldReason reason) { return reason == FoldReason::kSeriesRate || reason == FoldReason::kClientRate; }
// Whether another client's series might have been kept.
inline bool IsOfClient(FoldReason reason) {
  return reason == FoldReason::kClientLimit || reason == FoldReason::kClientRate;
}

// Counts the series of all shards against the limits; asked when a series is new to a shard or forgotten by it.
//
// Bounds:  series that clients named: max_series and max_key_bytes. Series `__other__` of one name each: a tenth of
//          that. Beyond that only the catch-all series, of which there is one per type, scope and host tag.
//          Values of tags: kValuesPerSeries times max_series, 40 bytes each. Clients: those that have series.
// Threads: thread-safe.
class SeriesLimiter {
 public:
  enum class Kind : uint8_t { kOwn, kOther, kCatchAll };
  static constexpr size_t kValuesPerSeries = 4;

  // `clock` outlives this.
  SeriesLimiter(const LimitsConfig& limits, const Clock& clock) : clock_(clock), limits_(limits) {}

  // For what is new from now on. What is counted already stays.
  void Adopt(const LimitsConfig& limits);

  // kNone: it is counted until Release, for `client` (a hash) unless another shard had it before. A series that several
  // shards have counts once. kValueLimit: FoldValues makes it one that may fit.
  FoldReason Admit(Kind kind, const SeriesKey& key, Hash128 hash, uint64_t client);
  void Release(Kind kind, const SeriesKey& key, Hash128 hash);
  void FoldValues(SeriesKey& key) const;

  size_t series_count() const;
  size_t max_series() const;

 private:
  struct Counted {
    uint32_t shards = 0;
    uint64_t client = 0;
  };
  struct ClientState {
    size_t series = 0;
    TokenBucket bucket;  // full when it has no series: by the time all are idle it would be
  };

  FoldReason Check(const SeriesKey& key, uint64_t client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FoldReason TakeTokens(uint64_t client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const SeriesKey& key, uint64_t client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Uncount(const SeriesKey& key, uint64_t client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  LimitsConfig limits_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Hash128, Counted> other_ ABSL_GUARDED_BY(mutex_);
  // Of kOwn, and the following too.
  absl::flat_hash_map<Hash128, Counted> own_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> series_of_ ABSL_GUARDED_BY(mutex_);  // by name
  absl::flat_hash_map<uint64_t, ClientState> clients_ ABSL_GUARDED_BY(mutex_);
  TagValues values_ ABSL_GUARDED_BY(mutex_);
  size_t key_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  TokenBucket bucket_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
