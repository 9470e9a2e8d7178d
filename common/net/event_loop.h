#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace boost::asio {
class io_context;
}

namespace tributary {

// One named thread that runs functions, timers and, through context(), Asio's sockets. What it alone touches needs no
// lock.
//
// Bounds:  at most `max_posted` functions wait; timers are as many as the program starts.
// Errors:  a function must not throw.
// Threads: thread-safe; functions run on the loop's thread, one at a time, in the order they were posted.
class EventLoop {
 public:
  using TimerId = uint64_t;

  // The thread starts at once. `name` shows in top and gdb; the kernel keeps 15 characters of it.
  explicit EventLoop(const std::string& name, size_t max_posted = 65536);
  ~EventLoop();  // stops
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False, and `fn` is not run, when max_posted wait already or the loop has stopped.
  [[nodiscard]] bool TryPost(std::function<void()> fn);
  // Functions posted and not yet started.
  size_t depth() const;

  // Timers may be set and cancelled from any thread; Cancel of one that has run is harmless. A call that is already
  // running is not waited for, except that cancelling on the loop's own thread always prevents the next call.
  TimerId RunAfter(absl::Duration delay, std::function<void()> fn);
  // First after one period; periods missed while the loop was busy are skipped, not made up for.
  TimerId RunEvery(absl::Duration period, std::function<void()> fn);
  void Cancel(TimerId timer);

  bool InLoopThread() const;
  boost::asio::io_context& context();

  // Lets the running function finish, drops what waits, joins the thread. Idempotent; not from the loop's thread.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
