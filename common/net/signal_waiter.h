#pragma once

#include <csignal>
#include <optional>

#include "absl/time/time.h"

namespace tributary {

// Turns SIGTERM, SIGINT and SIGHUP into return values of Wait(), so that no code runs inside a signal handler.
// Built first thing in main(): it blocks the three in this thread and all threads started later, and ignores SIGPIPE.
// Thread-compatible.
class SignalWaiter {
 public:
  SignalWaiter();
  ~SignalWaiter();  // the mask and SIGPIPE are as before
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // The signal that came, or nothing when `timeout` passed first.
  std::optional<int> Wait(absl::Duration timeout);

 private:
  sigset_t waited_;
  sigset_t previous_;
  struct sigaction previous_pipe_;
};

}  // namespace tributary
