#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// Durations as Prometheus writes them: "5m", "1h30m", "500ms". Units y (365 days), w, d, h, m, s and ms, the larger
// before the smaller, each at most once; whole numbers. Nothing for other text, nor for what is over kMaxPromDuration.
// Source: Prometheus documentation, "Querying basics", Float literals and time durations.
inline constexpr absl::Duration kMaxPromDuration = absl::Hours(10 * 365 * 24);
std::optional<absl::Duration> ParsePromDuration(absl::string_view text);

// ParsePromDuration reads it back; zero is "0s". REQUIRES: not negative, whole milliseconds.
std::string FormatPromDuration(absl::Duration duration);

}  // namespace tributary
