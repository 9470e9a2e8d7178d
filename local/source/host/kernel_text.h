#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace tributary {

// How every parser of /proc and /sys takes text apart: a piece off the front at a time, without copying. Whatever the
// text is, each returns something shorter than it was given; nothing fails but numbers that are none.

// Up to the next '\n', which is removed too. Empty at the end, as empty lines are.
absl::string_view NextLine(absl::string_view& text);
// The next run of bytes that are no blanks. Empty at the end.
absl::string_view NextField(absl::string_view& line);

// The whole of `field`, decimal. Nothing for "max", "-1" and whatever else is not of 64 bits.
std::optional<uint64_t> ParseCount(absl::string_view field);
std::optional<uint64_t> NextCount(absl::string_view& line);
// As the only word of a file: "max\n" is none.
std::optional<uint64_t> ParseOnlyCount(absl::string_view text);

}  // namespace tributary
