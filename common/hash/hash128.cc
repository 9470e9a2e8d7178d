#include "common/hash/hash128.h"

#define XXH_INLINE_ALL  // a call costs as much as the hash of a short name
#include <xxhash.h>

namespace tributary {

Hash128 Xxh3Hash128(absl::string_view bytes, uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.high64, hash.low64};
}

uint64_t Xxh3Hash64(absl::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace tributary
