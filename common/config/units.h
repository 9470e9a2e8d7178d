#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// How quantities are written in configuration files and flags. Nothing is returned for text that is not a quantity.

// What absl::ParseDuration takes ("10s", "1h30m", "250ms") and whole days ("30d"). Never negative, never infinite.
std::optional<absl::Duration> ParseDuration(absl::string_view text);

// A plain number of bytes, or a number with B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024);
// the number may have a fraction ("1.5GiB"), the whole must fit 63 bits.
std::optional<uint64_t> ParseByteSize(absl::string_view text);

// An exact form with the largest unit that divides: 65536 is "64KiB", 1000 is "1KB". ParseByteSize reads it back.
std::string FormatByteSize(uint64_t bytes);

}  // namespace tributary
