#include "local/shard/sample_counts.h"

namespace tributary {

absl::string_view DropReasonName(DropReason reason) {
  switch (reason) {
    case DropReason::kRule:
      return "rule";
    case DropReason::kOutOfRange:
      return "out_of_range";
    case DropReason::kTimestampOutOfRange:
      return "timestamp_out_of_range";
    case DropReason::kGaugeDeltaGlobal:
      return "gauge_delta_global";
    case DropReason::kEventLimit:
      return "event_limit";
    case DropReason::kLateLimit:
      return "late_limit";
    case DropReason::kClientQuota:
      return "client_quota";
    case DropReason::kWireLimit:
      return "wire_limit";
  }
  return "unknown";
}

}  // namespace tributary
