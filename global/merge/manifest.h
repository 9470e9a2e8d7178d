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

// What one commit added to a window; the steps of a window add up. A value; chunks are sorted by (instance, chunk).
//
// A chunk is whole, and never merged again, when a closing step or a later one names it; late chunks always are. A main
// chunk that only steps before the closing one name is merged into the series that were emitted early, and no others:
// for the rest it is awaited again.
struct Manifest {
  uint8_t step = 0;          // 0.. in the order of the window's commits
  bool closed = false;       // the main version is whole, with this step or before
  bool late = false;         // it adds late versions, and nothing to the main one
  uint8_t last_version = 0;  // the largest version committed so far; 1 is main
  std::vector<ManifestChunk> chunks;
  std::vector<std::pair<Hash128, uint8_t>> emitted;  // series that closed early with this step, and its stage, 1..
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

}  // namespace tributary
