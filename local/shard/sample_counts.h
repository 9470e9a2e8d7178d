#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

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

// Samples that were accepted in some stretch of time, and how many of them came to nothing. A sample counts once for
// every series that the rules send it to, and once when they drop it. A value.
struct SampleCounts {
  uint64_t accepted = 0;
  std::array<uint64_t, kDropReasonCount> dropped{};

  void CountDrop(DropReason reason, uint64_t samples) { dropped[static_cast<size_t>(reason)] += samples; }
  void Add(const SampleCounts& more) {
    accepted += more.accepted;
    for (int i = 0; i < kDropReasonCount; ++i) dropped[i] += more.dropped[i];
  }
};

}  // namespace tributary
