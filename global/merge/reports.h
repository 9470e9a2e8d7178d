#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/hash/partition.h"
#include "global/merge/roster.h"

namespace tributary {

// Who has reported what for one interval: the markers, and what of the units they announce has not come.
//
// Bounds:  one marker of 512 bytes per instance of the roster, and 8 KiB.
// Threads: thread-compatible.
class Reports {
 public:
  using PartitionSet = std::bitset<kPartitionCount>;

  Reports() : undelivered_(kPartitionCount) {}

  void Await(RosterSlot slot);
  void StopAwaiting(RosterSlot slot) { awaiting_.erase(slot); }
  // Units that are here already are told by `is_here`. False when the marker was known.
  bool TakeMarker(RosterSlot slot, const PartitionSet& nonempty, absl::FunctionRef<bool(PartitionId)> is_here);
  // The instance's unit is here as a whole; once per unit.
  void TakeUnit(RosterSlot slot, PartitionId partition);

  // Expected, and no marker yet. Ascending.
  const std::set<RosterSlot>& awaiting() const { return awaiting_; }
  const std::map<RosterSlot, PartitionSet>& markers() const { return markers_; }
  bool Announces(RosterSlot slot, PartitionId partition) const;
  // Units announced and not here.
  uint32_t undelivered(PartitionId partition) const { return undelivered_[partition]; }
  // Everybody has reported, and all of the partition is here.
  bool IsComplete(PartitionId partition) const { return awaiting_.empty() && undelivered_[partition] == 0; }

  size_t memory_bytes() const;

 private:
  std::set<RosterSlot> awaiting_;
  std::map<RosterSlot, PartitionSet> markers_;
  std::vector<uint16_t> undelivered_;  // by partition
};

}  // namespace tributary
