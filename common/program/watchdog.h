#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// Finds work that stands still: what has to come round in every interval gives a sign of life each time, and the
// watchdog counts its own ticks since the last one. Time in which nothing of the process runs (a suspended machine,
// SIGSTOP, a debugger) has no ticks, and so does not count.
//
// Stuck:   after `stuck_after` ticks without a sign: told in the log, in Health() and in a metric, until it moves.
// Abort:   after `abort_after` ticks, `abort` is called with the thread that gave the last sign; its stack says where
// it
//          stands.
// Threads: thread-safe; signs cost two relaxed stores.
class Watchdog {
 public:
  using Heartbeat = std::function<void()>;
  struct Options {
    absl::Duration tick;
    int stuck_after = 0;  // ticks; 0: never
    int abort_after = 0;  // ticks; 0: never
    std::function<void(const std::string& why, pid_t thread)> abort = AbortThread;
  };

  Watchdog(Options options, Telemetry& telemetry);
  ~Watchdog();

  // The sign of life of `work`, to be called on its thread; it lives as long as the watchdog. Before the first one
  // nothing is expected.
  Heartbeat Watch(absl::string_view work);
  void Tick();
  // Unavailable, naming what is stuck and for how long.
  absl::Status Health() const;
  // Nothing is expected any more: the process ends in order.
  void Rest();

  // Sends SIGABRT to the thread, and after 10 s, should that not help, to the process.
  static void AbortThread(const std::string& why, pid_t thread);

 private:
  struct Work {
    explicit Work(absl::string_view n, Counter& c) : name(n), stuck_total(c) {}
    const std::string name;
    Counter& stuck_total;
    std::atomic<uint64_t> beats{0};
    std::atomic<pid_t> thread{0};
    // Of the ticks.
    uint64_t seen_beats = 0;
    int silent_ticks = 0;
  };

  bool IsStuck(const Work& work) const { return options_.stuck_after > 0 && work.silent_ticks >= options_.stuck_after; }
  void Look(Work& work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Describe(const Work& work) const;

  const Options options_;
  Telemetry& telemetry_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Work>> works_ ABSL_GUARDED_BY(mutex_);
  bool resting_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tributary
