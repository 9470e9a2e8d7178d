#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace tributary {

// Notices a wall clock that is set back by more than one interval. Thread-compatible.
class ClockWatch {
 public:
  explicit ClockWatch(absl::Duration interval) : interval_(interval) {}

  // How far `now` is behind the latest that was seen; zero while that is not more than an interval.
  absl::Duration SetBackBy(absl::Time now) {
    latest_ = std::max(latest_, now);
    return latest_ - now > interval_ ? latest_ - now : absl::ZeroDuration();
  }

 private:
  const absl::Duration interval_;
  absl::Time latest_ = absl::InfinitePast();
};

}  // namespace tributary
