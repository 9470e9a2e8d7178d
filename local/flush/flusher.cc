#include "local/flush/flusher.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/log.h"
#include "local/flush/window_merger.h"

namespace tributary {
namespace {

// The clock is looked at that often at least, so that a step is noticed.
constexpr absl::Duration kMaxWait = absl::Seconds(1);
// What LateChunk can number; far beyond what any owner takes.
constexpr IntervalIndex kMaxLateIntervals = IntervalIndex{1} << 19;

}  // namespace

Flusher::Flusher(const Options& options, IntervalIndex first_interval, std::vector<Shard*> shards, GaugeLevels& levels,
                 const Clock& clock, Telemetry& telemetry, UnitReceiver& units, LocalRowReceiver* rows,
                 ActivityReceiver* activity)
    : options_(options),
      scale_(options.config.interval),
      shards_(std::move(shards)),
      levels_(levels),
      clock_(clock),
      metrics_(telemetry),
      shard_metrics_(telemetry),
      units_(units),
      rows_(rows),
      activity_(activity),
      cutter_(options.instance, options.cluster_seed),
      open_(first_interval) {}

Flusher::~Flusher() { Stop(); }

void Flusher::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Flusher::Stop() {
  {
    const MutexLock lock(stop_mutex_);
    stopping_ = true;
    stop_requested_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Flusher::Run() {
  ::pthread_setname_np(::pthread_self(), "flusher");
  while (true) {
    options_.heartbeat();
    CloseIfDue();
    absl::Duration wait;
    {
      const MutexLock lock(mutex_);
      wait = std::clamp(scale_.End(open_) - clock_.Now(), absl::Milliseconds(1), kMaxWait);
    }
    const MutexLock lock(stop_mutex_);
    if (!stopping_) stop_requested_.WaitFor(stop_mutex_, wait);
    if (stopping_) return;
  }
}

bool Flusher::CloseIfDue() {
  const MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  if (now < scale_.End(open_)) return false;
  Close(scale_.At(now));
  return true;
}

IntervalIndex Flusher::FlushNow() {
  const MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  if (now >= scale_.End(open_)) Close(scale_.At(now));
  const IntervalIndex last = open_;
  Close(last + 1);
  return last;
}

void Flusher::Close(IntervalIndex next_interval) {
  const absl::Time begin = absl::Now();
  ClosedInterval closed;
  closed.interval = open_;
  std::map<IntervalIndex, std::vector<Window>> windows = Collect(next_interval, closed.counts);
  for (auto& [interval, of_shards] : windows) {
    if (interval == open_) {
      CloseMain(std::move(of_shards), closed);
    } else {
      AddLate(std::move(of_shards), closed);
    }
  }
  closed.marker.set_interval(open_);
  TRIBUTARY_LOG_DEBUG("interval {} closed: {} blocks, {} late ones, {} samples", open_, closed.blocks.size(),
                      closed.late_blocks.size(), closed.marker.sample_count());
  units_.OnClosed(std::move(closed));
  metrics_.intervals.Increment();
  CloseEmpty(next_interval);
  open_ = next_interval;
  levels_.Forget(clock_.Now());
  metrics_.duration.Observe(absl::ToDoubleSeconds(absl::Now() - begin));
}

std::map<IntervalIndex, std::vector<Window>> Flusher::Collect(IntervalIndex next_interval, SampleCounts& counts) {
  for (Shard* shard : shards_) shard->RequestWindows(next_interval);
  const absl::Time deadline = absl::Now() + options_.config.reader_timeout;
  std::map<IntervalIndex, std::vector<Window>> windows;
  for (Shard* shard : shards_) {
    bool answered = false;
    for (ShardWindows& handed : shard->TakeWindows(deadline - absl::Now())) {
      answered |= handed.main.interval == open_;
      counts.Add(handed.counts);
      windows[handed.main.interval].push_back(std::move(handed.main));
      for (Window& late : handed.late) windows[late.interval].push_back(std::move(late));
      if (activity_ != nullptr) shard_activity_.push_back(std::move(handed.activity));
    }
    if (!answered) metrics_.slow_readers.Increment();
  }
  return windows;
}

void Flusher::CloseMain(std::vector<Window> windows, ClosedInterval& closed) {
  Window merged = MergeWindows(std::move(windows));
  metrics_.active_series.Set(merged.entries.size());
  if (activity_ != nullptr) TellActivity(merged);
  HandLocalRows(merged, /*late=*/false, closed);
  UnitCutter::Units units = cutter_.CutMain(std::move(merged));
  closed.blocks = std::move(units.blocks);
  if (units.nonempty.any()) closed.marker.set_nonempty(EncodePartitions(units.nonempty));
  closed.marker.set_sample_count(units.sample_count);
  CountFlushed(metrics_.flushed_main, units.sample_count);
  CountDrop(DropReason::kWireLimit, units.dropped, closed);
}

void Flusher::TellActivity(const Window& merged) {
  IntervalActivity activity;
  activity.interval = merged.interval;
  activity.series.reserve(merged.entries.size());
  for (const Window::Entry& entry : merged.entries) activity.series.push_back({entry.series, entry.sample_count});
  activity.shards = std::exchange(shard_activity_, {});
  activity_->OnActivity(std::move(activity));
}

void Flusher::AddLate(std::vector<Window> windows, ClosedInterval& closed) {
  Window merged = MergeWindows(std::move(windows));
  if (open_ - merged.interval >= kMaxLateIntervals) {
    uint64_t samples = merged.events.size();
    for (const Window::Entry& entry : merged.entries) samples += entry.sample_count;
    CountDrop(DropReason::kLateLimit, samples, closed);
    return;
  }
  HandLocalRows(merged, /*late=*/true, closed);
  UnitCutter::Units units = cutter_.CutLate(std::move(merged), open_);
  std::move(units.blocks.begin(), units.blocks.end(), std::back_inserter(closed.late_blocks));
  CountFlushed(metrics_.flushed_late, units.sample_count);
  CountDrop(DropReason::kWireLimit, units.dropped, closed);
}

// What was open is that no more.
void Flusher::CountFlushed(Counter& counter, uint64_t samples) {
  counter.Increment(samples);
  shard_metrics_.open.Add(-static_cast<double>(samples));
}

void Flusher::CountDrop(DropReason reason, uint64_t samples, ClosedInterval& closed) {
  closed.counts.CountDrop(reason, samples);
  shard_metrics_.dropped[static_cast<size_t>(reason)]->Increment(samples);
  shard_metrics_.open.Add(-static_cast<double>(samples));
}

void Flusher::HandLocalRows(Window& window, bool late, ClosedInterval& closed) {
  uint64_t samples = 0;
  for (const Window::Entry& entry : window.entries) {
    if (entry.series->scope == Scope::kLocal) samples += entry.sample_count;
  }
  std::vector<Row> rows = TakeLocalRows(window, late);
  CountFlushed(metrics_.flushed_local, samples);
  closed.local_samples += samples;
  if (rows_ != nullptr && !rows.empty()) rows_->OnRows(std::move(rows));
}

void Flusher::CloseEmpty(IntervalIndex next_interval) {
  for (IntervalIndex i = std::max(open_ + 1, next_interval - kMaxEmptyIntervals); i < next_interval; ++i) {
    ClosedInterval empty;
    empty.interval = i;
    empty.marker.set_interval(i);
    units_.OnClosed(std::move(empty));
    metrics_.intervals.Increment();
  }
}

}  // namespace tributary
