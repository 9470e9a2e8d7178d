#include "local/shard/handover.h"

#include <utility>

#include "absl/time/clock.h"

namespace tributary {

void Handover::Request(IntervalIndex next_interval) {
  const MutexLock lock(mutex_);
  next_interval_ = next_interval;
  requested_.store(true, std::memory_order_relaxed);
}

IntervalIndex Handover::next_interval() {
  const MutexLock lock(mutex_);
  return next_interval_;
}

void Handover::Leave(ShardWindows windows) {
  const MutexLock lock(mutex_);
  ready_.push_back(std::move(windows));
  requested_.store(false, std::memory_order_relaxed);
  left_.NotifyOne();
}

std::vector<ShardWindows> Handover::Take(absl::Duration timeout) {
  // Real time: it bounds a wait and decides nothing else.
  const absl::Time deadline = absl::Now() + timeout;
  const MutexLock lock(mutex_);
  while (requested_.load(std::memory_order_relaxed)) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) break;
    left_.WaitFor(mutex_, left);
  }
  return std::exchange(ready_, {});
}

}  // namespace tributary
