#include "local/shard/series_limiter.h"

namespace tributary {
namespace {

size_t BytesOf(const SeriesKey& key) {
  size_t bytes = key.name.size();
  for (const std::string& tag : key.tags) bytes += tag.size();
  return bytes;
}

}  // namespace

absl::string_view FoldReasonName(FoldReason reason) {
  switch (reason) {
    case FoldReason::kNone:
      return "none";
    case FoldReason::kSeriesLimit:
      return "series_limit";
    case FoldReason::kMetricLimit:
      return "metric_limit";
    case FoldReason::kTagLimit:
      return "tag_limit";
    case FoldReason::kClientLimit:
      return "client_limit";
    case FoldReason::kValueLimit:
      return "value_limit";
    case FoldReason::kSeriesRate:
      return "series_rate";
    case FoldReason::kClientRate:
      return "client_rate";
  }
  return "unknown";
}

void SeriesLimiter::Adopt(const LimitsConfig& limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

FoldReason SeriesLimiter::Admit(Kind kind, const SeriesKey& key, Hash128 hash, uint64_t client) {
  if (kind == Kind::kCatchAll) return FoldReason::kNone;
  const MutexLock lock(mutex_);
  auto& counted = kind == Kind::kOwn ? own_ : other_;
  if (const auto found = counted.find(hash); found != counted.end()) {
    ++found->second.shards;
    return FoldReason::kNone;
  }
  if (kind == Kind::kOther && other_.size() >= limits_.max_series / 10) return FoldReason::kSeriesLimit;
  if (kind == Kind::kOwn) {
    if (const FoldReason reason = Check(key, client); reason != FoldReason::kNone) return reason;
    Count(key, client);
  }
  counted.emplace(hash, Counted{1, client});
  return FoldReason::kNone;
}

// The limit of values comes first, since it leaves most of the series; rates last, so that only what is kept uses them.
FoldReason SeriesLimiter::Check(const SeriesKey& key, uint64_t client) {
  if (!values_.HasRoom(key, limits_.max_values_per_tag)) return FoldReason::kValueLimit;
  if (own_.size() >= limits_.max_series) return FoldReason::kSeriesLimit;
  if (key_bytes_ + BytesOf(key) > limits_.max_key_bytes) return FoldReason::kSeriesLimit;
  if (values_.size() + key.tags.size() > kValuesPerSeries * limits_.max_series + kMaxTags) {
    return FoldReason::kSeriesLimit;
  }
  const auto of_name = series_of_.find(key.name);
  if ((of_name == series_of_.end() ? 0 : of_name->second) >= limits_.max_series_per_metric) {
    return FoldReason::kMetricLimit;
  }
  const auto of_client = clients_.find(client);
  if ((of_client == clients_.end() ? 0 : of_client->second.series) >= limits_.max_series_per_client) {
    return FoldReason::kClientLimit;
  }
  return TakeTokens(client);
}

FoldReason SeriesLimiter::TakeTokens(uint64_t client) {
  const auto rate = [](size_t per_second, size_t burst) {
    return TokenBucket::Rate{static_cast<double>(per_second), static_cast<double>(burst)};
  };
  const bool agent_limited = limits_.new_series_per_second > 0;
  const bool client_limited = limits_.new_series_per_second_per_client > 0;
  if (!agent_limited && !client_limited) return FoldReason::kNone;
  const absl::Time now = clock_.Now();
  if (agent_limited && !bucket_.HasToken(rate(limits_.new_series_per_second, limits_.new_series_burst), now)) {
    return FoldReason::kSeriesRate;
  }
  if (client_limited) {
    TokenBucket& bucket = clients_[client].bucket;
    if (!bucket.HasToken(rate(limits_.new_series_per_second_per_client, limits_.new_series_burst_per_client), now)) {
      return FoldReason::kClientRate;  // only one that has series can have used up its burst
    }
    bucket.Take();
  }
  if (agent_limited) bucket_.Take();
  return FoldReason::kNone;
}

void SeriesLimiter::Count(const SeriesKey& key, uint64_t client) {
  ++series_of_[key.name];
  ++clients_[client].series;
  values_.Add(key);
  key_bytes_ += BytesOf(key);
}

void SeriesLimiter::Uncount(const SeriesKey& key, uint64_t client) {
  const auto of_name = series_of_.find(key.name);
  if (--of_name->second == 0) series_of_.erase(of_name);
  const auto of_client = clients_.find(client);
  if (--of_client->second.series == 0) clients_.erase(of_client);
  values_.Remove(key);
  key_bytes_ -= BytesOf(key);
}

void SeriesLimiter::Release(Kind kind, const SeriesKey& key, Hash128 hash) {
  if (kind == Kind::kCatchAll) return;
  const MutexLock lock(mutex_);
  auto& counted = kind == Kind::kOwn ? own_ : other_;
  const auto found = counted.find(hash);
  if (found == counted.end() || --found->second.shards > 0) return;
  if (kind == Kind::kOwn) Uncount(key, found->second.client);
  counted.erase(found);
}

void SeriesLimiter::FoldValues(SeriesKey& key) const {
  const MutexLock lock(mutex_);
  values_.Fold(key, limits_.max_values_per_tag);
}

size_t SeriesLimiter::series_count() const {
  const MutexLock lock(mutex_);
  return own_.size() + other_.size();
}

size_t SeriesLimiter::max_series() const {
  const MutexLock lock(mutex_);
  return limits_.max_series;
}

}  // namespace tributary
