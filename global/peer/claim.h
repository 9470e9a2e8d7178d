#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/instance_id.h"
#include "global/merge/left_out.h"
#include "global/merge/manifest.h"

namespace tributary {

struct ClaimChunk {
  InstanceId instance;
  uint32_t chunk = 0;
  uint32_t crc32c = 0;
  // By name: who sends other bytes under the same name is refused where it is seen.
  friend bool operator==(const ClaimChunk& a, const ClaimChunk& b) {
    return std::tie(a.instance, a.chunk) == std::tie(b.instance, b.chunk);
  }
  friend auto operator<=>(const ClaimChunk& a, const ClaimChunk& b) {
    return std::tie(a.instance, a.chunk) <=> std::tie(b.instance, b.chunk);
  }
};

// Of what a global has committed of a window, what is read or left out as a whole: the main version with what became of
// it (early closes, the whole in place of the partial), or what one late commit added. Parts of one global share no
// chunk, as long as it took none again that had been left out.
struct ClaimPart {
  uint8_t first_step = 0;  // of its commits; names it
  bool main = false;
  bool closed = false;             // main: nothing of it is awaited any more
  std::vector<ClaimChunk> chunks;  // sorted, each once
  RowVersions versions;            // of its rows; of this node's own only
};
using Claim = std::vector<ClaimPart>;  // by first_step

// What these steps of one window claim; in their order.
Claim ClaimOf(const std::vector<Manifest>& steps);

// The reader's rule, where several globals have committed one window: which parts are read, in the same order. No chunk
// is in two of them. A main version that is closed goes before one that is not; then the larger set; then the first
// name, and the first step. A function of the sets alone: whoever knows them decides the same.
struct ClaimOn {
  const std::string* global;
  const Claim* claim;
};
std::vector<std::vector<bool>> ChooseRead(const std::vector<ClaimOn>& claims);

}  // namespace tributary
