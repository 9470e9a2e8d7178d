#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tributary {

// The number of an aligned wall-clock span: interval i is [i * length, (i + 1) * length) since the Unix epoch.
using IntervalIndex = int64_t;

// Maps time to interval numbers. `length` divides 60 s and is the same in the whole cluster (checked in Hello).
class IntervalScale {
 public:
  explicit IntervalScale(absl::Duration length) : length_(length) {}

  absl::Duration length() const { return length_; }
  IntervalIndex At(absl::Time time) const;
  absl::Time Start(IntervalIndex interval) const { return absl::UnixEpoch() + interval * length_; }
  absl::Time End(IntervalIndex interval) const { return Start(interval + 1); }

 private:
  absl::Duration length_;
};

}  // namespace tributary
