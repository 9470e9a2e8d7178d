#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

inline constexpr int64_t kMaxRepeats = 100'000;  // of one word

// The values of a series at a first time and every step after; none where the text has _. Words:
//   1.5  NaN  -Inf  stale  _    one value
//   1x3                         it and three more of it
//   0+10x3  5-1x3               it and three more, each that much more or less
//   _x3                         three times none
//   {{schema:1 ...}}            a native histogram; also with x3, and with +{{...}}x3 or -{{...}}x3
// The points' times are not set.
absl::StatusOr<std::vector<std::optional<Point>>> ParseValues(absl::string_view text);

// m{a="b"}, {a="b"}, {} or m.
absl::StatusOr<Labels> ParseLabels(absl::string_view text);

// A line's labels and what follows them.
std::pair<absl::string_view, absl::string_view> SplitSeriesLine(absl::string_view line);

}  // namespace tributary::promql
