#pragma once

#include <array>

#include "common/telemetry/telemetry.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// Why a sample that was accepted came to nothing.
enum class DropReason : uint8_t {
  kRule,                 // a rule drops its series
  kOutOfRange,           // too large for the exact sums
  kTimestampOutOfRange,  // more than ten minutes back, or more than an interval ahead
  kGaugeDeltaGlobal,     // a change of a gauge that is the fleet's last write
  kEventLimit,
  kLateLimit,
  kClientQuota,  // beyond limits.max_samples_per_client
  kWireLimit,    // beyond what a unit can carry
};
inline constexpr int kDropReasonCount = 8;
absl::string_view DropReasonName(DropReason reason);

// accepted = flushed + dropped + open, at any moment but for the batch in hand. A sample counts once for every series
// that the rules send it to, and once when they drop it.
struct ShardMetrics {
  explicit ShardMetrics(Telemetry& telemetry);

  Counter& accepted;
  Gauge& open;  // in windows that are not flushed
  std::array<Counter*, kDropReasonCount> dropped;
  std::array<Counter*, kFoldReasonCount> folded;
};

}  // namespace tributary
