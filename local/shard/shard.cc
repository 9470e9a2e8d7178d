#include "local/shard/shard.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/bytes.h"

namespace tributary {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
// Year 2262: the last that fits in 64 bits of nanoseconds.
constexpr int64_t kMaxUnixSeconds = INT64_MAX / kNanosPerSecond;

int64_t UnixNanos(int64_t unix_seconds, int64_t when_unsent) {
  if (unix_seconds == 0) return when_unsent;
  return std::min(unix_seconds, kMaxUnixSeconds) * kNanosPerSecond;
}

uint64_t QuotaOf(const LimitsConfig& limits) {
  return limits.max_samples_per_client == 0 ? UINT64_MAX : limits.max_samples_per_client;
}

uint64_t SecretOf(const InstanceId& instance) { return ByteReader(instance.bytes()).U64(); }

std::string UnescapeMessage(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\n", "\n"}, {"m\\:", "m:"}});
}

std::string Unescape(absl::string_view text) { return absl::StrReplaceAll(text, {{"\\n", "\n"}}); }

}  // namespace

Shard::Shard(const Options& options, IntervalIndex first_interval, const SeriesTable::Environment& environment,
             const Clock& clock, const ShardMetrics& metrics)
    : options_(options),
      clock_(clock),
      policy_(environment.policy),
      metrics_(metrics),
      table_(environment, SecretOf(options.instance)),
      windows_(options.compression, policy_->limits, first_interval),
      client_(&clients_.Find(Peer())),
      quota_(QuotaOf(policy_->limits)) {
  BeginBatch();
}

void Shard::BeginBatch() {
  now_ = clock_.Now();
  now_unix_ns_ = absl::ToUnixNanos(now_);
}

bool Shard::WithinQuota(uint64_t samples) {
  client_->samples += samples;
  if (client_->samples <= quota_) [[likely]]
    return true;
  client_->samples_dropped += samples;
  counts_.accepted += samples;
  CountDrop(DropReason::kClientQuota, samples);
  return false;
}

const SeriesTable::Route& Shard::Intern(const RawSeries& raw, Hash128 hash, uint64_t samples) {
  const SeriesTable::Route& route = table_.Intern(raw, hash, *client_);
  counts_.accepted += samples * std::max<size_t>(1, route.series.size());
  if (route.series.empty()) CountDrop(DropReason::kRule, samples);
  if (route.folded != FoldReason::kNone) [[unlikely]] {
    folded_[static_cast<size_t>(route.folded)] += samples;
    folds_.Add(raw.name, *client_, route.folded, samples);
  }
  return route;
}

void Shard::Add(const Sample& sample, Hash128 hash) {
  const uint64_t count = sample.count();
  if (!WithinQuota(count)) return;
  const SeriesTable::Route& route = Intern({sample.type, sample.name, sample.tags}, hash, count);
  for (const SeriesId id : route.series) {
    SeriesTable::Entry& series = table_.entry(id);
    if (sample.delta && series.level == nullptr) {
      CountDrop(DropReason::kGaugeDeltaGlobal, count);
      continue;
    }
    if (Window::Entry* entry = EntryFor(series, sample)) {
      entry->sample_count += AddValues(series.level.get(), sample, entry->value);
    }
  }
}

Window::Entry* Shard::EntryFor(SeriesTable::Entry& series, const Sample& sample) {
  if (sample.unix_seconds == 0) return &windows_.Main(series);
  const absl::Time time = absl::FromUnixSeconds(std::min(sample.unix_seconds, kMaxUnixSeconds));
  const IntervalIndex interval = options_.scale.At(time);
  if (interval > options_.scale.At(now_) + 1 || interval < options_.scale.At(now_ - kMaxLateness)) {
    CountDrop(DropReason::kTimestampOutOfRange, sample.count());
    return nullptr;
  }
  if (interval >= windows_.interval()) return &windows_.Main(series);
  Window::Entry* const entry = windows_.Late(series, interval);
  if (entry == nullptr) CountDrop(DropReason::kLateLimit, sample.count());
  return entry;
}

uint64_t Shard::AddValues(GaugeLevel* level, const Sample& sample, Aggregate& into) {
  uint64_t taken = 0;
  switch (sample.type) {
    case MetricType::kCounter:
      for (const double value : sample.values) taken += std::get<CounterAggregate>(into).Add(value, sample.weight);
      break;
    case MetricType::kGauge:
      taken = AddGauge(level, sample, std::get<GaugeAggregate>(into));
      break;
    case MetricType::kSet:
      taken = std::get<SetAggregate>(into).Add(sample.member);
      break;
    default:
      for (const double value : sample.values) taken += std::get<DistributionAggregate>(into).Add(value, sample.weight);
  }
  if (taken < sample.count()) CountDrop(DropReason::kOutOfRange, sample.count() - taken);
  return taken;
}

uint64_t Shard::AddGauge(GaugeLevel* level, const Sample& sample, GaugeAggregate& into) {
  const int64_t unix_ns = UnixNanos(sample.unix_seconds, now_unix_ns_);
  uint64_t taken = 0;
  for (double value : sample.values) {
    // A level that cannot be represented would refuse every later change as well.
    if (!Fixed192::Representable(value)) continue;
    if (sample.delta) {
      value = level->Add(value);
    } else if (level != nullptr) {
      level->Set(value);
    }
    taken += into.Add(value, unix_ns, options_.instance);
  }
  return taken;
}

void Shard::Add(const CheckSample& check) {
  if (!WithinQuota(1)) return;
  const std::string tags =
      check.host.empty() ? std::string(check.tags) : absl::StrCat(check.tags, ",host:", check.host);
  const RawSeries raw = {MetricType::kCheck, check.name, tags};
  const SeriesTable::Route& route = Intern(raw, table_.HashOf(raw), 1);
  for (const SeriesId id : route.series) {
    CheckAggregate state;
    state.status = check.status;
    state.message = UnescapeMessage(check.message.substr(0, policy_->limits.max_check_message_bytes));
    state.unix_ns = UnixNanos(check.unix_seconds, now_unix_ns_);
    state.writer = options_.instance;
    Window::Entry& entry = windows_.Main(table_.entry(id));
    std::get<CheckAggregate>(entry.value).Merge(state);
    ++entry.sample_count;
  }
}

void Shard::Add(const EventSample& sample) {
  if (!WithinQuota(1)) return;
  Event event;
  event.title = Unescape(sample.title);
  event.text = Unescape(sample.text);
  event.unix_ns = UnixNanos(sample.unix_seconds, now_unix_ns_);
  event.host = std::string(sample.host);
  event.aggregation_key = std::string(sample.aggregation_key);
  if (!sample.priority.empty()) event.priority = std::string(sample.priority);
  if (!sample.alert_type.empty()) event.alert_type = std::string(sample.alert_type);
  event.source_type = std::string(sample.source_type);
  event.tags = absl::StrSplit(sample.tags, ',', absl::SkipEmpty());
  std::erase_if(event.tags, IsTransportTag);
  ++counts_.accepted;
  if (!windows_.Add(std::move(event))) CountDrop(DropReason::kEventLimit, 1);
}

void Shard::EndBatch() {
  PublishCounts();
  if (!handover_.requested()) return;
  table_.EndInterval();
  ShardWindows windows = windows_.Take(handover_.next_interval());
  windows.activity = {clients_.Take(), folds_.Take()};
  windows.counts = std::exchange(window_counts_, {});
  client_ = &clients_.Find(Peer());
  AdoptNext();
  handover_.Leave(std::move(windows));
}

void Shard::Adopt(PolicyPtr policy) {
  const MutexLock lock(next_policy_mutex_);
  next_policy_ = std::move(policy);
}

void Shard::AdoptNext() {
  const MutexLock lock(next_policy_mutex_);
  if (next_policy_ == nullptr) return;
  policy_ = std::exchange(next_policy_, nullptr);
  table_.Adopt(policy_);
  windows_.Adopt(policy_->limits);
  quota_ = QuotaOf(policy_->limits);
}

void Shard::PublishCounts() {
  if (counts_.accepted == 0) return;
  window_counts_.Add(counts_);
  uint64_t open = counts_.accepted;
  metrics_.accepted.Increment(counts_.accepted);
  for (int i = 0; i < kDropReasonCount; ++i) {
    if (counts_.dropped[i] == 0) continue;
    open -= counts_.dropped[i];
    metrics_.dropped[i]->Increment(counts_.dropped[i]);
  }
  counts_ = {};
  if (open != 0) metrics_.open.Add(static_cast<double>(open));
  for (int i = 1; i < kFoldReasonCount; ++i) {
    if (folded_[i] != 0) metrics_.folded[i]->Increment(std::exchange(folded_[i], 0));
  }
}

void Shard::RequestWindows(IntervalIndex next_interval) {
  handover_.Request(next_interval);
  {
    const MutexLock lock(detach_mutex_);
    if (detached_) {
      EndBatch();
      return;
    }
  }
  if (wake_ != nullptr) wake_();
}

void Shard::Detach() {
  const MutexLock lock(detach_mutex_);
  detached_ = true;
  EndBatch();
}

}  // namespace tributary
