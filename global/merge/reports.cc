#include "global/merge/reports.h"

#include "common/base/check.h"

namespace tributary {

void Reports::Await(RosterSlot slot) {
  if (!markers_.contains(slot)) awaiting_.insert(slot);
}

bool Reports::TakeMarker(RosterSlot slot, const PartitionSet& nonempty, absl::FunctionRef<bool(PartitionId)> is_here) {
  if (!markers_.try_emplace(slot, nonempty).second) return false;
  awaiting_.erase(slot);
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    if (!nonempty[partition] || is_here(static_cast<PartitionId>(partition))) continue;
    ++undelivered_[partition];
  }
  return true;
}

void Reports::TakeUnit(RosterSlot slot, PartitionId partition) {
  if (!Announces(slot, partition)) return;
  TRIBUTARY_CHECK(undelivered_[partition] > 0);
  --undelivered_[partition];
}

bool Reports::Announces(RosterSlot slot, PartitionId partition) const {
  const auto marker = markers_.find(slot);
  return marker != markers_.end() && marker->second[partition];
}

size_t Reports::memory_bytes() const {
  constexpr size_t kNodeBytes = 48;
  return undelivered_.size() * sizeof undelivered_[0] + markers_.size() * (sizeof(PartitionSet) + kNodeBytes) +
         awaiting_.size() * kNodeBytes;
}

}  // namespace tributary
