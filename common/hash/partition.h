#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/hash/hash128.h"

namespace tributary {

// One of kPartitionCount fixed slices of the key space; never time. Fixed for the life of a cluster.
using PartitionId = uint16_t;
#ifdef TRIBUTARY_PARTITION_BITS  // the simulator's worlds are small
inline constexpr int kPartitionBits = TRIBUTARY_PARTITION_BITS;
#else
inline constexpr int kPartitionBits = 12;
#endif
inline constexpr uint32_t kPartitionCount = 1u << kPartitionBits;

// The seed of every series hash in the cluster of this name.
uint64_t ClusterSeed(absl::string_view cluster_name);

inline PartitionId PartitionOf(Hash128 series_hash) {
  return static_cast<PartitionId>(series_hash.high >> (64 - kPartitionBits));
}

}  // namespace tributary
