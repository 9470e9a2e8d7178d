#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tributary {

// How many lines may have been sent by now, at a steady rate. A sender that was held up for longer than `max_burst`
// does not send all of it at once: its schedule moves back, and the rate that is achieved tells. Thread-compatible.
class Pacer {
 public:
  // `lines_per_second` 0: no limit.
  Pacer(double lines_per_second, absl::Duration max_burst, absl::Time start)
      : rate_(lines_per_second), max_burst_(max_burst), start_(start) {}

  // Of all lines since the start; `next` is how many there will have been after the next payload.
  uint64_t Allowed(absl::Time now, uint64_t next);
  // When line number `line`, counted from 1, is allowed.
  absl::Time TimeOf(uint64_t line) const;
  // By how much the schedule was moved back in all.
  absl::Duration delay() const { return delay_; }

 private:
  const double rate_;
  const absl::Duration max_burst_;
  absl::Time start_;
  absl::Duration delay_;
};

}  // namespace tributary
