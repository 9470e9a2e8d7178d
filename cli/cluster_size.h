#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tributary {

// What a cluster needs for a load: sums over the figures of docs/benchmarks.md, each of which is told in
// cluster_size.cc. Pods are sized for twice the load, so that one may be lost and a busy hour may come. A value.
struct ClusterLoad {
  int64_t agents = 1;            // nodes
  int64_t series = 1;            // distinct ones of the fleet: what is stored
  int64_t series_per_agent = 1;  // that one agent has in an interval; what each sends
  double samples = 0;            // a second, of the whole fleet
  absl::Duration interval = absl::Seconds(10);
  absl::Duration retention = absl::Hours(24);  // of rows of the interval's length
  absl::Duration retention_1m = absl::Hours(168);
  absl::Duration retention_1h = absl::Hours(4320);
};

// Of one pod of a tier, and how many there are.
struct TierSize {
  int64_t pods = 0;
  double cores = 0;
  int64_t memory_bytes = 0;
  int64_t disk_bytes = 0;
};

struct ClusterSize {
  TierSize agents;
  TierSize proxies;
  TierSize globals;
  // Settings that go with these sizes.
  int64_t agent_max_series = 0;
  int64_t agent_forward_bytes = 0;
  int64_t merge_memory_bytes = 0;
  int64_t merge_history_bytes = 0;
  int64_t merge_max_series = 0;
  int64_t horizon_intervals = 0;  // how many intervals of repeats `merge_history_bytes` tells from news
};

// All numbers of the load are positive.
ClusterSize SizeOf(const ClusterLoad& load);

}  // namespace tributary
