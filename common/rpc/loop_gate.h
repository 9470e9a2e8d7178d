#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/net/event_loop.h"

namespace tributary {

// Carries calls from a library's threads to an EventLoop, until it is closed: no function runs after Close, and the
// loop is not touched any more, so that both may be destroyed while the library still has calls to make.
//
// Bounds:  none of its own; users have a fixed number of calls under way. A loop whose queue is full is tried again.
// Threads: thread-safe.
class LoopGate : public std::enable_shared_from_this<LoopGate> {
 public:
  explicit LoopGate(EventLoop& loop) : loop_(&loop) {}

  void Post(std::function<void()> fn);
  // The timer cannot be cancelled: `fn` finds out by itself whether it is still wanted.
  void RunAfter(absl::Duration delay, std::function<void()> fn);

  // Waits for a function that is running, unless it is that function that calls.
  void Close();

 private:
  std::function<void()> Guarded(std::function<void()> fn);
  bool closed();

  Mutex running_;  // held while a function runs; taken before mutex_
  Mutex mutex_;
  EventLoop* loop_ ABSL_GUARDED_BY(mutex_);  // null once closed
};

}  // namespace tributary
