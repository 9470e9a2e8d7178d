#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/hash128.h"
#include "common/hash/partition.h"

namespace tributary {

// Late units have chunk numbers from here on, and no chunk count (docs/wire.md, chunk numbers).
inline constexpr uint32_t kFirstLateChunk = 0x80000000;

// One chunk as a window took it. `stage` is how many early closes the window had made when the chunk came: series that
// were emitted in a later one contain it.
struct ManifestChunk {
  InstanceId instance;
  uint32_t chunk = 0;
  uint32_t chunk_count = 0;
  uint32_t crc32c = 0;
  uint64_t sample_count = 0;
  uint8_t stage = 0;
  friend bool operator==(const ManifestChunk&, const ManifestChunk&) = default;
};

// What the commits of a window so far consist of. A chunk that is named here is never merged again. A value; chunks are
// sorted by (instance, chunk).
struct Manifest {
  bool closed = false;       // the main version is whole; until then main chunks are named, but not acknowledged
  uint8_t last_version = 0;  // the largest version committed; 1 is main
  std::vector<ManifestChunk> chunks;
  // While not closed: series whose main row was committed early, by hash, and in which early close (1..).
  std::vector<std::pair<Hash128, uint8_t>> emitted;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

}  // namespace tributary
