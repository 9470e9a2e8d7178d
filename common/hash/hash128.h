#pragma once

#include <compare>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tributary {

// A 128-bit hash value. Compares as one number, `high` first.
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
  template <class H>
  friend H AbslHashValue(H state, const Hash128& hash) {
    return H::combine(std::move(state), hash.high, hash.low);
  }
};

// XXH3-128 and XXH3-64 of `bytes`.
Hash128 Xxh3Hash128(absl::string_view bytes, uint64_t seed);
uint64_t Xxh3Hash64(absl::string_view bytes, uint64_t seed);

}  // namespace tributary
