#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "local/shard/window.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Cuts a window into units: one per partition that has series or events. Events go by the hash of their title.
// Thread-compatible.
class UnitCutter {
 public:
  struct Units {
    std::vector<v1::Block> blocks;
    PartitionSet nonempty;
    uint64_t sample_count = 0;
    uint64_t dropped = 0;  // samples of series and events beyond the limits of the wire
  };

  UnitCutter(const InstanceId& instance, uint64_t cluster_seed) : cluster_seed_(cluster_seed), builder_(instance) {}

  Units CutMain(Window window);
  // The same as late blocks, which `closing_interval` carries along.
  Units CutLate(Window window, IntervalIndex closing_interval);

 private:
  using Finish = std::function<std::vector<v1::Block>(PartitionId)>;

  Units Cut(Window window, const Finish& finish);

  const uint64_t cluster_seed_;
  UnitBuilder builder_;
};

}  // namespace tributary
