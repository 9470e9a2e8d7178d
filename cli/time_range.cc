#include "cli/time_range.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/config/units.h"

namespace tributary {
namespace {

constexpr size_t kMostSteps = 100;

absl::Time CutTo(absl::Duration step, absl::Time time) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), step);
}

absl::StatusOr<absl::Duration> Length(absl::string_view option, const std::string& text) {
  const std::optional<absl::Duration> length = ParseDuration(text);
  if (length && *length > absl::ZeroDuration()) return *length;
  return absl::InvalidArgumentError(
      absl::StrCat(option, " takes a duration such as 5m, 1h30m or 7d, not '", text, "'"));
}

absl::Status Named(absl::string_view option, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(option, " takes ", status.message()));
}

}  // namespace

absl::StatusOr<Moment> ParseMoment(absl::string_view text, absl::Time now) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  const bool from_now = absl::ConsumePrefix(&rest, "now");
  if (from_now && rest.empty()) return Moment{.time = now, .relative = true};
  if (absl::ConsumePrefix(&rest, "-")) {
    if (const std::optional<absl::Duration> ago = ParseDuration(rest)) {
      return Moment{.time = now - *ago, .relative = true};
    }
  }
  Moment moment;
  double seconds = 0;
  std::string error;
  if (!from_now && absl::SimpleAtod(rest, &seconds) && seconds >= 0 && seconds < 253402300800.0) {  // the year 10000
    moment.time = absl::UnixEpoch() + absl::Milliseconds(std::floor(seconds * 1000));
    return moment;
  }
  if (!from_now && absl::ParseTime(absl::RFC3339_full, rest, &moment.time, &error)) return moment;
  return absl::InvalidArgumentError(
      absl::StrCat("RFC 3339, Unix seconds, now, or how long ago, such as -1h; not '", text, "'"));
}

absl::StatusOr<absl::Duration> ParseStep(absl::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds) && seconds >= 0.001 && seconds < 1e9) return absl::Seconds(seconds);
  return Length("--step", std::string(text));
}

absl::StatusOr<TimeRange> RangeOf(const RangeWords& words, absl::Time now) {
  if (!words.start.empty() && !words.last.empty()) {
    return absl::InvalidArgumentError("give --start or --last, not both");
  }
  const auto end = ParseMoment(words.end.empty() ? "now" : words.end, now);
  if (!end.ok()) return Named("--end", end.status());
  Moment start{.time = end->time, .relative = end->relative};
  if (!words.start.empty()) {
    const auto given = ParseMoment(words.start, now);
    if (!given.ok()) return Named("--start", given.status());
    start = *given;
  } else {
    TRIBUTARY_ASSIGN_OR_RETURN(const absl::Duration last, Length("--last", words.last));
    start.time -= last;
  }
  if (start.time > end->time) return absl::InvalidArgumentError("the range ends before it starts");
  TimeRange range{.start = start.time, .end = end->time, .step = NiceStep(end->time - start.time)};
  if (!words.step.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(range.step, ParseStep(words.step));
  }
  if (start.relative) range.start = CutTo(range.step, range.start);
  if (end->relative) range.end = std::max(range.start, CutTo(range.step, range.end));
  return range;
}

absl::Duration NiceStep(absl::Duration range) {
  constexpr int kSeconds[] = {10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200};
  for (const int seconds : kSeconds) {
    if (range <= kMostSteps * absl::Seconds(seconds)) return absl::Seconds(seconds);
  }
  return absl::Ceil(range / static_cast<int64_t>(kMostSteps), absl::Hours(24));
}

std::string DurationText(absl::Duration duration) {
  int64_t left = absl::ToInt64Milliseconds(duration);
  std::string text;
  for (const auto& [name, length] :
       {std::pair("d", 86'400'000), {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}) {
    if (left >= length) absl::StrAppend(&text, left / length, name);
    left %= length;
  }
  return text.empty() ? "0s" : text;
}

std::string UnixText(absl::Time time) {
  const int64_t unix_ms = absl::ToUnixMillis(time);
  return unix_ms % 1000 == 0 ? absl::StrCat(unix_ms / 1000)
                             : absl::StrFormat("%.3f", static_cast<double>(unix_ms) / 1000);
}

}  // namespace tributary
