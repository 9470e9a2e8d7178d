#include "local/forward/retain_ring.h"

namespace tributary {

namespace {

size_t BytesOf(const v1::Block& block) { return block.payload().size() + kBlockOverheadBytes; }

}  // namespace

void RetainRing::Add(absl::Time now, v1::Block block) {
  const BlockName name = NameOf(block);
  Remove(name);
  bytes_ += BytesOf(block);
  blocks_.emplace(name, std::move(block));
  order_.emplace_back(now, name);
  while (bytes_ > max_bytes_) {
    Remove(order_.front().second);
    order_.pop_front();
  }
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
  return taken;
}

void RetainRing::Expire(absl::Time now) {
  while (!order_.empty() && order_.front().first + max_age_ <= now) {
    Remove(order_.front().second);
    order_.pop_front();
  }
}

void RetainRing::Remove(const BlockName& name) {
  const auto it = blocks_.find(name);
  if (it == blocks_.end()) return;
  bytes_ -= BytesOf(it->second);
  blocks_.erase(it);
}

}  // namespace tributary
