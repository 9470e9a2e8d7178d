#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "local/forward/block_name.h"

namespace tributary {

// Committed blocks, kept for a while: the means to rebuild a window whose owner's disk is lost.
//
// Bounds:  bytes and age; the first committed go first.
// Threads: thread-compatible.
class RetainRing {
 public:
  RetainRing(size_t max_bytes, absl::Duration max_age) : max_bytes_(max_bytes), max_age_(max_age) {}

  void Add(absl::Time now, v1::Block block);
  // Takes out what there is of these partitions in this interval, at most `max_bytes`.
  std::vector<v1::Block> Take(IntervalIndex interval, const std::set<PartitionId>& partitions, size_t max_bytes);
  void Expire(absl::Time now);

  size_t bytes() const { return bytes_; }

 private:
  void Remove(const BlockName& name);

  const size_t max_bytes_;
  const absl::Duration max_age_;
  std::map<BlockName, v1::Block> blocks_;
  std::deque<std::pair<absl::Time, BlockName>> order_;  // may name blocks that were taken
  size_t bytes_ = 0;                                    // of blocks_
};

}  // namespace tributary
