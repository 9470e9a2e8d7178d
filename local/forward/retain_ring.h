#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "local/forward/block_name.h"
#include "local/forward/unit_spool.h"

namespace tributary {

// Committed blocks, kept for a while: the means to rebuild a window whose owner's disk is lost. What does not fit into
// memory goes to the spool, if there is one.
//
// Bounds:  bytes in memory, bytes on disk, and age; the first committed go first.
// Threads: thread-compatible.
class RetainRing {
 public:
  struct Options {
    size_t max_bytes = 8u << 20;
    size_t max_disk_bytes = 256u << 20;
    absl::Duration max_age = absl::Minutes(10);
  };
  // `spool` outlives it; null: none.
  RetainRing(const Options& options, UnitSpool* spool) : options_(options), spool_(spool) {}

  void Add(absl::Time now, v1::Block block);
  // Takes out what there is of these partitions in this interval, at most `max_bytes`. What is on disk stays there.
  std::vector<v1::Block> Take(IntervalIndex interval, const std::set<PartitionId>& partitions, size_t max_bytes);
  void Expire(absl::Time now);

  size_t bytes() const { return bytes_; }
  size_t disk_bytes() const { return disk_bytes_; }

 private:
  struct Group {
    absl::Time committed;  // the last of it
    GroupId id = 0;
    IntervalIndex interval = 0;
    size_t bytes = 0;
  };

  void Remove(const BlockName& name);
  void Shrink(absl::Time now);
  void ForgetGroup();
  void TakeFromDisk(IntervalIndex interval, const std::set<PartitionId>& partitions, size_t max_bytes,
                    std::vector<v1::Block>& taken);

  const Options options_;
  UnitSpool* const spool_;
  std::map<BlockName, v1::Block> blocks_;
  std::deque<std::pair<absl::Time, BlockName>> order_;  // may name blocks that were taken
  size_t bytes_ = 0;                                    // of blocks_
  std::deque<Group> groups_;                            // on disk
  size_t disk_bytes_ = 0;
};

}  // namespace tributary
