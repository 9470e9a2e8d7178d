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
  }
  return "unknown";
}

void SeriesLimiter::Adopt(const LimitsConfig& limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

FoldReason SeriesLimiter::Admit(Kind kind, const SeriesKey& key, Hash128 hash) {
  if (kind == Kind::kCatchAll) return FoldReason::kNone;
  const MutexLock lock(mutex_);
  auto& counted = kind == Kind::kOwn ? shards_of_ : shards_of_other_;
  if (const auto found = counted.find(hash); found != counted.end()) {
    ++found->second;
    return FoldReason::kNone;
  }
  const size_t limit = kind == Kind::kOwn ? limits_.max_series : limits_.max_series / 10;
  if (counted.size() >= limit) return FoldReason::kSeriesLimit;
  if (kind == Kind::kOwn) {
    if (key_bytes_ + BytesOf(key) > limits_.max_key_bytes) return FoldReason::kSeriesLimit;
    size_t& of_name = series_of_[key.name];
    if (of_name >= limits_.max_series_per_metric) return FoldReason::kMetricLimit;
    ++of_name;
    key_bytes_ += BytesOf(key);
  }
  counted.emplace(hash, 1);
  return FoldReason::kNone;
}

void SeriesLimiter::Release(Kind kind, const SeriesKey& key, Hash128 hash) {
  if (kind == Kind::kCatchAll) return;
  const MutexLock lock(mutex_);
  auto& counted = kind == Kind::kOwn ? shards_of_ : shards_of_other_;
  const auto found = counted.find(hash);
  if (found == counted.end() || --found->second > 0) return;
  counted.erase(found);
  if (kind == Kind::kOther) return;
  key_bytes_ -= BytesOf(key);
  const auto of_name = series_of_.find(key.name);
  if (--of_name->second == 0) series_of_.erase(of_name);
}

size_t SeriesLimiter::series_count() const {
  const MutexLock lock(mutex_);
  return shards_of_.size() + shards_of_other_.size();
}

}  // namespace tributary
