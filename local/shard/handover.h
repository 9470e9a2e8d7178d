#pragma once

#include <atomic>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "local/shard/window.h"

namespace tributary {

// Where the flusher asks a reader for its windows and the reader leaves them. Holds at most one per request.
// Thread-safe; one flusher, one reader.
class Handover {
 public:
  // The flusher's side. After the request `next_interval` is open.
  void Request(IntervalIndex next_interval);
  // Waits until the last request is answered, or `timeout`. Returns all that has been left and not been taken yet.
  std::vector<ShardWindows> Take(absl::Duration timeout);

  // The reader's side. One relaxed load, fit for every batch.
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  IntervalIndex next_interval();
  void Leave(ShardWindows windows);

 private:
  std::atomic<bool> requested_{false};
  Mutex mutex_;
  CondVar left_;
  IntervalIndex next_interval_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<ShardWindows> ready_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
