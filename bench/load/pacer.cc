#include "bench/load/pacer.h"

#include <cmath>
#include <limits>

namespace tributary {

uint64_t Pacer::Allowed(absl::Time now, uint64_t next) {
  if (rate_ <= 0) return std::numeric_limits<uint64_t>::max();
  const absl::Duration late = now - TimeOf(next) - max_burst_;
  if (late > absl::ZeroDuration()) {
    start_ += late;
    delay_ += late;
  }
  const double lines = absl::ToDoubleSeconds(now - start_) * rate_;
  return lines <= 0 ? 0 : static_cast<uint64_t>(lines);
}

absl::Time Pacer::TimeOf(uint64_t line) const {
  if (rate_ <= 0) return start_;
  return start_ + absl::Nanoseconds(std::ceil(static_cast<double>(line) * 1e9 / rate_));
}

}  // namespace tributary
