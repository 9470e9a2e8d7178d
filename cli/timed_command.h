#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tributary {

struct TimedCommand {
  absl::Duration duration = absl::ZeroDuration();
  int exit_status = 0;  // as a shell tells it: 128 + n after signal n
};

// Runs a program with this one's input and output, waits for its end, and hands on to it the signals that another
// process sends to this one. (Those of the terminal reach it anyway.) Not finding the program is NotFound, not being
// allowed to start it PermissionDenied. Only one at a time, and not beside a SignalWaiter.
absl::StatusOr<TimedCommand> RunTimed(const std::vector<std::string>& words, const Clock& clock);

}  // namespace tributary
