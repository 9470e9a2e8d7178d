#pragma once

#include <sched.h>

#include <atomic>
#include <thread>

#include "common/net/address.h"
#include "common/net/wake_event.h"

namespace tributary {

// One bound address, or one of several sockets of it, and the thread that reads it and feeds one TextReceiver.
// Threads: thread-safe, except Start and Stop, which belong to one owner.
class Listener {
 public:
  virtual ~Listener() = default;

  // As bound: with the port the kernel chose.
  virtual const Address& address() const = 0;

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  // Takes what the kernel holds already, ends the thread and closes the sockets. Idempotent.
  void Stop() {
    stopping_.store(true);
    wake_.Wake();
    if (thread_.joinable()) thread_.join();
  }
  // Makes the thread call TextReceiver::EndBatch soon.
  void Wake() { wake_.Wake(); }

 protected:
  // The thread's work, until stopping().
  virtual void Run() = 0;

  // For a thread that was woken because there is something to read. Where others wait for this CPU, senders among them,
  // they go first: then dozens of datagrams are read at once, for one waking, and nobody was put aside for each. Where
  // nobody waits, it returns at once.
  static void LetOthersRun() { ::sched_yield(); }

  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  WakeEvent& wake_event() { return wake_; }

 private:
  std::atomic<bool> stopping_{false};
  WakeEvent wake_;
  std::thread thread_;
};

}  // namespace tributary
