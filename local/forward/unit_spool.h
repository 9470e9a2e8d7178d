#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/interval.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Names a group of blocks on disk, as long as the spool has it; larger is newer.
using GroupId = uint64_t;

// What an agent keeps on disk of one instance, as its ledger sees it. A group is at most one batch of blocks. Who is
// killed loses nothing that was appended; who loses power loses what was not synced yet.
class UnitSpool {
 public:
  enum class Use {
    kPending,   // for a successor to deliver
    kRetained,  // committed: for Pulls in this life
  };

  virtual ~UnitSpool() = default;
  // Nothing: the disk is full or fails.
  virtual std::optional<GroupId> Append(Use use, const std::vector<v1::Block>& blocks) = 0;
  // None, or fewer than were appended: the disk lost them.
  virtual std::vector<v1::Block> Read(GroupId group) = 0;
  virtual void Forget(GroupId group) = 0;
  // Pending groups that its bounds have cost since it was last asked.
  virtual std::vector<GroupId> TakeLost() = 0;
  // The newest marker, with its books; and the samples that are pending then, or share a group with such.
  virtual void NoteMarker(const v1::Marker& marker, uint64_t samples) = 0;
  // All that is pending is on disk, and nothing comes after this interval.
  virtual void NoteGoodbye(IntervalIndex final_interval) = 0;
};

// What a dead instance has left on disk.
struct Legacy {
  struct Group {
    GroupId id = 0;
    IntervalIndex interval = 0;  // the oldest in it
    uint64_t block_count = 0;
    uint64_t sample_count = 0;
    uint64_t bytes = 0;  // as counted in memory
  };
  std::vector<Group> groups;
  std::vector<v1::Marker> markers;              // the last one has its books
  uint64_t lost_samples = 0;                    // at most: pending at its last marker, and not in `groups`
  std::optional<IntervalIndex> final_interval;  // it ended in order
};

}  // namespace tributary
