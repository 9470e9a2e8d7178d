#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/wire/block_runs.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Names a block of this instance for ever. Ordered by age first. A value.
struct BlockName {
  IntervalIndex interval = 0;
  PartitionId partition = 0;
  uint32_t chunk = 0;
  friend auto operator<=>(const BlockName&, const BlockName&) = default;
};

// What a kept block costs in memory besides its payload.
inline constexpr size_t kBlockOverheadBytes = 384;

// The most that a batch, and a group on disk, holds of them.
inline constexpr size_t kMaxGroupBlocks = kMaxBatchBlocks;

inline size_t BytesOf(const v1::Block& block) { return block.payload().size() + kBlockOverheadBytes; }

inline BlockName NameOf(const v1::Block& block) {
  return {block.interval(), static_cast<PartitionId>(block.partition()), block.chunk()};
}

}  // namespace tributary
