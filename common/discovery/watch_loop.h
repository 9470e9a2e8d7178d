#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/log.h"
#include "common/discovery/member_source.h"
#include "common/net/event_loop.h"
#include "common/net/http_client.h"

namespace tributary {

// Asks a directory over HTTP again and again on a thread of its own: at once after what went well, with jittered
// back-off from kMinDelay to kMaxDelay after what did not, which is logged and counted.
// Threads: thread-safe; `ask` runs on the loop's thread and may block in the client, which the destruction interrupts.
class WatchLoop {
 public:
  static constexpr absl::Duration kMinDelay = absl::Milliseconds(200);
  static constexpr absl::Duration kMaxDelay = absl::Seconds(30);

  using Ask = std::function<absl::Status(HttpClient&)>;

  WatchLoop(DiscoveryMetrics& metrics, Ask ask) : metrics_(metrics), ask_(std::move(ask)) {
    loop_.RunAfter(absl::ZeroDuration(), [this] { Step(); });
  }
  ~WatchLoop() {
    ending_ = true;
    client_.Cancel();
    loop_.Stop();
  }
  WatchLoop(const WatchLoop&) = delete;
  WatchLoop& operator=(const WatchLoop&) = delete;

 private:
  void Step() {
    const absl::Status status = ask_(client_);
    if (ending_) return;
    if (status.ok()) {
      backoff_ = kMinDelay;
    } else {
      metrics_.failures.Increment();
      TRIBUTARY_LOG_WARN("members stay as they are: {}", std::string(status.message()));
      backoff_ = std::min(backoff_ * 2, kMaxDelay);
    }
    loop_.RunAfter(backoff_ * absl::Uniform(random_, 0.5, 1.0), [this] { Step(); });
  }

  DiscoveryMetrics& metrics_;
  const Ask ask_;
  HttpClient client_;
  std::atomic<bool> ending_{false};
  absl::BitGen random_;                 // owned by the loop, as is
  absl::Duration backoff_ = kMinDelay;  // this
  EventLoop loop_{"members"};           // last: it ends before what it uses
};

}  // namespace tributary
