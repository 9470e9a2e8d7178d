#pragma once

#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/telemetry/telemetry.h"
#include "local/flush/activity_receiver.h"
#include "local/flush/flush_config.h"
#include "local/flush/flush_metrics.h"
#include "local/flush/unit_cutter.h"
#include "local/flush/unit_receiver.h"
#include "local/shard/gauge_levels.h"
#include "local/shard/shard.h"

namespace tributary {

// Ends intervals: at each multiple of the interval's length it collects the windows of all shards, merges them, cuts
// what is forwarded into units and hands everything on.
//
// Intervals only rise: when the clock steps back, the open interval lasts until the clock has caught up; by more than
// an interval, and the program ends this instance's life (docs/decisions/0008-clocks-set-back.md). When the clock leaps
// ahead, the intervals in between are closed empty, the last kMaxEmptyIntervals of them.
// A shard that does not hand over in time is waited for no longer; what it hands over later goes as late units.
// Threads: thread-safe; an interval is closed by one thread at a time.
class Flusher {
 public:
  static constexpr int kMaxEmptyIntervals = 60;

  struct Options {
    FlushConfig config;
    InstanceId instance;
    uint64_t cluster_seed = 0;
    std::function<void()> heartbeat = [] {};  // called again and again on the flusher's thread
  };

  // All references, and the shards, outlive this. `first_interval` is what the shards have open; `rows` and
  // `activity` may be null.
  Flusher(const Options& options, IntervalIndex first_interval, std::vector<Shard*> shards, GaugeLevels& levels,
          const Clock& clock, Telemetry& telemetry, UnitReceiver& units, LocalRowReceiver* rows,
          ActivityReceiver* activity = nullptr);
  ~Flusher();

  // A thread that closes each interval when it ends.
  void Start();
  void Stop();  // without closing the open one; idempotent

  // Closes the open interval when it is over by the clock. Returns whether it was.
  bool CloseIfDue();
  // Closes the open interval before its time: at SIGTERM, after Ingest::Stop and Stop. Returns that interval, the last
  // of this instance.
  IntervalIndex FlushNow();

 private:
  void Run();
  void Close(IntervalIndex next_interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the shards have, by interval.
  std::map<IntervalIndex, std::vector<Window>> Collect(IntervalIndex next_interval, SampleCounts& counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellActivity(const Window& merged) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseMain(std::vector<Window> windows, ClosedInterval& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddLate(std::vector<Window> windows, ClosedInterval& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountFlushed(Counter& counter, uint64_t samples);
  void CountDrop(DropReason reason, uint64_t samples, ClosedInterval& closed);
  void HandLocalRows(Window& window, bool late, ClosedInterval& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseEmpty(IntervalIndex next_interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const IntervalScale scale_;
  const std::vector<Shard*> shards_;
  GaugeLevels& levels_;
  const Clock& clock_;
  FlushMetrics metrics_;
  ShardMetrics shard_metrics_;
  UnitReceiver& units_;
  LocalRowReceiver* const rows_;
  ActivityReceiver* const activity_;

  Mutex mutex_;  // held while an interval is closed
  UnitCutter cutter_ ABSL_GUARDED_BY(mutex_);
  IntervalIndex open_ ABSL_GUARDED_BY(mutex_);
  std::vector<ShardActivity> shard_activity_ ABSL_GUARDED_BY(mutex_);  // handed over and not told yet

  Mutex stop_mutex_;
  CondVar stop_requested_;
  bool stopping_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace tributary
