#include "common/net/signal_waiter.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace tributary {

SignalWaiter::SignalWaiter() {
  sigemptyset(&waited_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&waited_, signal);
  TRIBUTARY_CHECK(pthread_sigmask(SIG_BLOCK, &waited_, &previous_) == 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  TRIBUTARY_CHECK(sigaction(SIGPIPE, &ignore, &previous_pipe_) == 0);
}

SignalWaiter::~SignalWaiter() {
  sigaction(SIGPIPE, &previous_pipe_, nullptr);
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

std::optional<int> SignalWaiter::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    const timespec left = absl::ToTimespec(std::max(deadline - absl::Now(), absl::ZeroDuration()));
    const int signal = sigtimedwait(&waited_, nullptr, &left);
    if (signal > 0) return signal;
    if (errno != EINTR) return std::nullopt;
  }
}

}  // namespace tributary
