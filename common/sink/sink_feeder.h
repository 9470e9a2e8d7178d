#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/sink/row_filter.h"
#include "common/sink/row_source.h"
#include "common/sink/sink.h"
#include "common/sink/sink_metrics.h"

namespace tributary {

// Carries rows from one source to one sink, on a thread of its own, so that a sink that is down delays nobody else.
//
// Books:   rows and events taken = delivered + filtered + dropped{reason} + in hand. What the storage may still take is
// tried
//          again for ever, after 0.2 s, then twice as long each time up to 30 s, less up to half of it by chance; the
//          source is bounded and drops.
// Order:   batches one after the other, as the source has them.
// Threads: thread-safe; Turn belongs to the feeder's thread once Start was called.
class SinkFeeder {
 public:
  struct Options {
    std::string name;  // of the sink, in metrics and logs
    RowFilter filter;
    absl::Duration min_backoff = absl::Milliseconds(200);
    absl::Duration max_backoff = absl::Seconds(30);
    std::optional<uint64_t> seed = std::nullopt;  // of the jitter; none: drawn
  };

  // `source`, `clock` and `telemetry` outlive the feeder.
  SinkFeeder(Options options, std::unique_ptr<Sink> sink, RowSource& source, IntervalScale scale, const Clock& clock,
             Telemetry& telemetry);
  ~SinkFeeder();  // Stop(0)
  SinkFeeder(const SinkFeeder&) = delete;
  SinkFeeder& operator=(const SinkFeeder&) = delete;

  void Start();

  // Goes on until the source is empty or `grace` is over, then ends the running write and joins. Idempotent.
  void Stop(absl::Duration grace);

  // One turn: takes a batch when none is in hand, waiting up to `wait` for it, and writes what is not settled of it.
  // Returns the pause to make before the next turn, or nothing when there was no batch.
  std::optional<absl::Duration> Turn(absl::Duration wait);

  const SinkMetrics& metrics() const { return metrics_; }
  // Age of the oldest row in hand, from its interval's end; 0 when there is none.
  absl::Duration lag() const;

 private:
  enum class State { kRunning, kDraining, kStopped };

  void Run();
  bool Take(absl::Duration wait);
  absl::Duration Write();
  SinkResult WriteEvents();
  void Settle(const SinkResult& result);
  absl::Duration Backoff(absl::Duration at_least);
  void Pause(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);
  State state() const ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  const std::unique_ptr<Sink> sink_;
  RowSource& source_;
  const IntervalScale scale_;
  const Clock& clock_;
  LogEvery log_every_;
  LogEvery refusal_log_;
  std::atomic<int64_t> oldest_end_nanos_{0};  // of the batch in hand; 0: none
  SinkMetrics metrics_;

  // Owned by the feeder's thread.
  std::optional<RowBatch> batch_;
  size_t settled_ = 0;  // leading rows, then events, of batch_
  int failures_ = 0;    // in a row
  std::mt19937_64 random_;

  mutable Mutex mutex_;
  CondVar changed_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kRunning;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tributary
