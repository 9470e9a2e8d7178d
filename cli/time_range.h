#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// A moment as people type it. A value.
struct Moment {
  absl::Time time;
  bool relative = false;  // "now", "-1h" and "now-1h30m": it moves with the clock
};
// RFC 3339, Unix seconds, "now", or a duration before now: "-1h", "now-1h30m".
absl::StatusOr<Moment> ParseMoment(absl::string_view text, absl::Time now);

// A duration ("30s", "1h30m", "7d") or seconds ("15", "0.5"); more than zero.
absl::StatusOr<absl::Duration> ParseStep(absl::string_view text);

// The moments that a range question asks at: start, start + step, ... not beyond end. A value.
struct TimeRange {
  absl::Time start;
  absl::Time end;
  absl::Duration step;
};

// The words of `--start -1h --end now --step 1m`, or `--last 1h`; empty ones were not given.
struct RangeWords {
  std::string start = {};
  std::string end = {};
  std::string last = {};
  std::string step = {};
};

// Needs `start` or `last`. What moves with the clock is cut to whole steps, so that the same question asked again soon
// asks at the same moments; so does Grafana. Errors are InvalidArgument, for the user.
absl::StatusOr<TimeRange> RangeOf(const RangeWords& words, absl::Time now);

// The step of a range when none is given: 10s, 15s, 30s, 1m, ... such that there are at most 100 of them, or days.
absl::Duration NiceStep(absl::Duration range);

// "1m", "1h30m", "1s500ms": as the query language writes it.
std::string DurationText(absl::Duration duration);
// Unix seconds, with milliseconds where there are any.
std::string UnixText(absl::Time time);

}  // namespace tributary
