#include "common/sink/sink_feeder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "common/base/check.h"

namespace tributary {
namespace {

// How long the feeder listens to its source before it looks whether it should stop.
constexpr absl::Duration kPatience = absl::Milliseconds(200);
constexpr absl::Duration kLogPeriod = absl::Seconds(10);
// What a storage may ask for by Retry-After.
constexpr absl::Duration kMaxRetryAfter = absl::Minutes(5);

// Of the oldest interval; for events, the time of the oldest.
int64_t OldestEndNanos(const RowBatch& batch, const IntervalScale& scale) {
  int64_t oldest = INT64_MAX;
  for (const Row& row : batch.rows) oldest = std::min(oldest, absl::ToUnixNanos(scale.End(row.interval)));
  for (const Event& event : batch.events) oldest = std::min(oldest, event.unix_ns);
  return oldest;
}

}  // namespace

SinkFeeder::SinkFeeder(Options options, std::unique_ptr<Sink> sink, RowSource& source, IntervalScale scale,
                       const Clock& clock, Telemetry& telemetry)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      source_(source),
      scale_(scale),
      clock_(clock),
      log_every_(clock, kLogPeriod),
      refusal_log_(clock, kLogPeriod),
      metrics_(options_.name, telemetry, [this] { return absl::ToDoubleSeconds(lag()); }),
      random_(options_.seed ? *options_.seed : std::random_device()()) {}

SinkFeeder::~SinkFeeder() { Stop(absl::ZeroDuration()); }

absl::Duration SinkFeeder::lag() const {
  const int64_t end = oldest_end_nanos_.load(std::memory_order_relaxed);
  return end == 0 ? absl::ZeroDuration() : clock_.Now() - absl::FromUnixNanos(end);
}

void SinkFeeder::Start() {
  TRIBUTARY_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { Run(); });
}

void SinkFeeder::Stop(absl::Duration grace) {
  if (!thread_.joinable()) return;
  const absl::Time deadline = absl::Now() + grace;
  {
    MutexLock lock(mutex_);
    state_ = State::kDraining;
    changed_.NotifyAll();
    while (!finished_ && absl::Now() < deadline) changed_.WaitFor(mutex_, deadline - absl::Now());
    state_ = State::kStopped;
    changed_.NotifyAll();
  }
  sink_->Cancel();
  thread_.join();
}

void SinkFeeder::Run() {
  for (State now = state(); now != State::kStopped; now = state()) {
    const bool is_draining = now == State::kDraining;
    const std::optional<absl::Duration> pause = Turn(is_draining ? absl::ZeroDuration() : kPatience);
    if (!pause && is_draining) break;
    if (pause) Pause(*pause);
  }
  MutexLock lock(mutex_);
  finished_ = true;
  changed_.NotifyAll();
}

std::optional<absl::Duration> SinkFeeder::Turn(absl::Duration wait) {
  if (!batch_ && !Take(wait)) return std::nullopt;
  const absl::Duration pause = settled_ < batch_->size() ? Write() : absl::ZeroDuration();
  if (settled_ == batch_->size()) {
    source_.Acknowledge(batch_->sequence);
    batch_.reset();
    oldest_end_nanos_.store(0, std::memory_order_relaxed);
  }
  return pause;
}

bool SinkFeeder::Take(absl::Duration wait) {
  batch_ = source_.Next(wait);
  if (!batch_) return false;
  settled_ = 0;
  oldest_end_nanos_.store(OldestEndNanos(*batch_, scale_), std::memory_order_relaxed);
  metrics_.filtered.Increment(
      std::erase_if(batch_->rows, [this](const Row& row) { return !options_.filter.Matches(row.key); }));
  metrics_.filtered.Increment(std::erase_if(batch_->events, [this](const Event& event) {
    return !sink_->takes_events() || !options_.filter.Matches(event.title, event.tags);
  }));
  return true;
}

absl::Duration SinkFeeder::Write() {
  const SinkResult result = settled_ < batch_->rows.size()
                                ? sink_->Write(absl::MakeConstSpan(batch_->rows).subspan(settled_))
                                : WriteEvents();
  Settle(result);
  if (!result.refusal.empty() && refusal_log_.Due()) {
    TRIBUTARY_LOG_WARN("sink {}: {}", options_.name, absl::CHexEscape(result.refusal));
  }
  if (result.status.ok()) {
    failures_ = 0;
    return absl::ZeroDuration();
  }
  failures_ = result.settled() > 0 ? 1 : failures_ + 1;
  metrics_.retries.Increment();
  const absl::Duration pause = Backoff(result.retry_after);
  if (log_every_.Due()) {
    TRIBUTARY_LOG_WARN("sink {}: {}; trying again in {}", options_.name, absl::CHexEscape(result.status.ToString()),
                       absl::FormatDuration(pause));
  }
  return pause;
}

SinkResult SinkFeeder::WriteEvents() {
  SinkResult result;
  result.status = sink_->WriteEvents(batch_->events);
  if (result.status.ok()) result.delivered = batch_->events.size();
  return result;
}

void SinkFeeder::Settle(const SinkResult& result) {
  settled_ += result.settled();
  const bool is_done = settled_ == batch_->rows.size() || settled_ == batch_->size();
  TRIBUTARY_CHECK(result.status.ok() ? is_done : settled_ < batch_->size());
  metrics_.delivered.Increment(result.delivered);
  for (size_t i = 0; i < kSinkDropReasons; ++i) metrics_.dropped[i]->Increment(result.dropped[i]);
}

// Doubles with each failure; jitter keeps many feeders from coming back to a storage together.
absl::Duration SinkFeeder::Backoff(absl::Duration at_least) {
  absl::Duration pause = options_.min_backoff;
  for (int i = 1; i < failures_ && pause < options_.max_backoff; ++i) pause *= 2;
  pause = std::min(pause, options_.max_backoff);
  pause *= std::uniform_real_distribution<double>(0.5, 1)(random_);
  return std::max(pause, std::min(at_least, kMaxRetryAfter));
}

void SinkFeeder::Pause(absl::Duration pause) {
  const absl::Time deadline = absl::Now() + pause;
  MutexLock lock(mutex_);
  while (state_ != State::kStopped && absl::Now() < deadline) changed_.WaitFor(mutex_, deadline - absl::Now());
}

SinkFeeder::State SinkFeeder::state() const {
  MutexLock lock(mutex_);
  return state_;
}

}  // namespace tributary
