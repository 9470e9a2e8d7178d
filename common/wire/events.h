#pragma once

#include "absl/status/statusor.h"
#include "common/aggregate/aggregate.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {

// Between Event and the message that travels; as series.h.

inline constexpr size_t kMaxEventBytes = 64 << 10;  // of all its text

v1::Event ToProto(const Event& event);
// What was left out of priority and alert_type is "normal" and "info".
absl::StatusOr<Event> FromProto(const v1::Event& message);

// What FromProto takes.
bool IsWithinLimits(const Event& event);

}  // namespace tributary
