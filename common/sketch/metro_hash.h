#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tributary {

// MetroHash64, the hash under Veneur's sets: sketches of one set must agree on it to be merged.
// Source: J. Andrew Rogers, MetroHash, 2015, metrohash64.
uint64_t MetroHash64(absl::string_view bytes, uint64_t seed);

}  // namespace tributary
