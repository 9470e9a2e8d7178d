#include "local/forward/retain_ring.h"

#include <algorithm>

#include "common/wire/payload.h"

namespace tributary {

void RetainRing::Add(absl::Time now, v1::Block block) {
  const BlockName name = NameOf(block);
  Remove(name);
  bytes_ += BytesOf(block);
  blocks_.emplace(name, std::move(block));
  order_.emplace_back(now, name);
  while (bytes_ > options_.max_bytes) Shrink(now);
}

std::vector<v1::Block> RetainRing::Take(IntervalIndex interval, const std::set<PartitionId>& partitions,
                                        size_t max_bytes) {
  std::vector<v1::Block> taken;
  for (const PartitionId partition : partitions) {
    for (auto it = blocks_.lower_bound({interval, partition, 0});
         it != blocks_.end() && it->first.interval == interval && it->first.partition == partition;) {
      const size_t bytes = BytesOf(it->second);
      if (bytes > max_bytes) return taken;
      max_bytes -= bytes;
      bytes_ -= bytes;
      taken.push_back(std::move(it->second));
      it = blocks_.erase(it);
    }
  }
  TakeFromDisk(interval, partitions, max_bytes, taken);
  return taken;
}

void RetainRing::TakeFromDisk(IntervalIndex interval, const std::set<PartitionId>& partitions, size_t max_bytes,
                              std::vector<v1::Block>& taken) {
  std::set<BlockName> names;
  for (const v1::Block& block : taken) names.insert(NameOf(block));
  for (const Group& group : groups_) {
    if (group.interval != interval) continue;
    for (v1::Block& block : spool_->Read(group.id)) {
      if (!partitions.contains(static_cast<PartitionId>(block.partition()))) continue;
      if (BytesOf(block) > max_bytes) return;
      if (!names.insert(NameOf(block)).second) continue;  // it was pulled before, and committed again
      max_bytes -= BytesOf(block);
      taken.push_back(std::move(block));
    }
  }
}

void RetainRing::Expire(absl::Time now) {
  while (!order_.empty() && order_.front().first + options_.max_age <= now) {
    Remove(order_.front().second);
    order_.pop_front();
  }
  while (!groups_.empty() && groups_.front().committed + options_.max_age <= now) ForgetGroup();
}

void RetainRing::Remove(const BlockName& name) {
  const auto it = blocks_.find(name);
  if (it == blocks_.end()) return;
  bytes_ -= BytesOf(it->second);
  blocks_.erase(it);
}

// The first committed make room: with their whole interval, as far as a group holds it, to disk if they may.
void RetainRing::Shrink(absl::Time now) {
  const BlockName first = order_.front().second;
  if (spool_ == nullptr || options_.max_disk_bytes == 0 || !blocks_.contains(first)) {
    Remove(first);
    order_.pop_front();
    return;
  }
  Group group{.committed = now, .id = 0, .interval = first.interval, .bytes = 0};
  std::vector<v1::Block> blocks;
  size_t payload_bytes = 0;
  auto it = blocks_.find(first);
  for (; it != blocks_.end() && it->first.interval == first.interval && blocks.size() < kMaxGroupBlocks; ++it) {
    payload_bytes += it->second.payload().size();
    if (payload_bytes > kMaxPayloadBytes) break;
    group.bytes += BytesOf(it->second);
    blocks.push_back(it->second);
  }
  if (const std::optional<GroupId> id = spool_->Append(UnitSpool::Use::kRetained, blocks)) {
    group.id = *id;
    groups_.push_back(group);
    disk_bytes_ += group.bytes;
  }
  for (const v1::Block& block : blocks) Remove(NameOf(block));
  while (disk_bytes_ > options_.max_disk_bytes) ForgetGroup();
}

void RetainRing::ForgetGroup() {
  spool_->Forget(groups_.front().id);
  disk_bytes_ -= groups_.front().bytes;
  groups_.pop_front();
}

}  // namespace tributary
