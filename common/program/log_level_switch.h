#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/net/http_message.h"

namespace tributary {

// The level of the log: as configured, or for a while what somebody has asked for.
// Threads: thread-safe.
class LogLevelSwitch {
 public:
  static constexpr absl::Duration kLongest = absl::Hours(24);

  LogLevelSwitch(std::string configured, const Clock& clock) : clock_(clock), configured_(std::move(configured)) {}

  // The configuration says so now; what was asked for stays until its time is over.
  void Configure(absl::string_view level);
  // From now on, until Tick finds that `duration` has passed; without one until the process ends.
  absl::Status Ask(absl::string_view level, std::optional<absl::Duration> duration);
  void Tick();

  // The page /log/level: GET says {"level", "configured", "until"}; PUT takes level=debug and for=10m.
  HttpResponse Get() const;
  HttpResponse Put(const HttpRequest& request);

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::string configured_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::string> asked_ ABSL_GUARDED_BY(mutex_);
  absl::Time until_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // of `asked_`
};

}  // namespace tributary
