#pragma once

#include <algorithm>
#include <limits>

#include "absl/time/time.h"

namespace tributary {

// Lets through so many things a second, and a burst of them at once. Full at the start; a clock that steps back fills
// nothing. Thread-compatible.
class TokenBucket {
 public:
  struct Rate {
    double per_second = 1;  // > 0
    double burst = 1;       // >= 1
  };

  bool HasToken(const Rate& rate, absl::Time now) {
    if (now > last_) tokens_ += rate.per_second * absl::ToDoubleSeconds(now - last_);
    tokens_ = std::min(tokens_, rate.burst);
    last_ = now;
    return tokens_ >= 1;
  }
  // REQUIRES: HasToken.
  void Take() { tokens_ -= 1; }

 private:
  double tokens_ = std::numeric_limits<double>::infinity();
  absl::Time last_ = absl::InfinitePast();
};

}  // namespace tributary
