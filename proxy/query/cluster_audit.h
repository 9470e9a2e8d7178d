#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "proxy/query/cluster_status.h"

namespace tributary {

// What became of the samples that agents announced.
//
//   announced = committed - doubled + under_way + dropped + lost + unheard + missing
//
// announced:  in the main units of the interval, by the agents' markers, as any global heard them
// committed:  of them, on the disks of all globals that were heard
// under_way:  not committed, and the agent still has them
// dropped:    not committed, and the agent has counted them as dropped
// lost:       not committed, and the agent has ended: its successor may bring them, else they died with it
// unheard:    not accounted for, but a global was not heard, and may have it
// missing:    not committed, and nobody accounts for them; doubled: committed more than once. Both are bugs, or a loss
//             of a global's disk that is not rebuilt yet.
// unannounced: committed, and no marker was heard; late: committed of late units, which none announces. Neither is in
//             the equation.
struct AuditSums {
  uint64_t announced = 0;
  uint64_t committed = 0;
  uint64_t under_way = 0;
  uint64_t dropped = 0;
  uint64_t lost = 0;
  uint64_t unheard = 0;
  uint64_t missing = 0;
  uint64_t doubled = 0;
  uint64_t unannounced = 0;
  uint64_t late = 0;
};

// The conservation law over the whole cluster, interval by interval.
struct ClusterAudit {
  struct Off {  // an instance with less, or more, committed than announced
    IntervalIndex interval = 0;
    InstanceId instance;
    std::string host;
    AuditSums sums;
  };
  struct Interval {
    IntervalIndex interval = 0;
    size_t agents = 0;
    AuditSums sums;
  };
  std::vector<Interval> intervals;    // oldest first
  std::vector<Off> off;               // by interval, then instance; the newest kMaxOff
  AuditSums sums;                     // over the intervals
  std::vector<std::string> problems;  // why the books do not balance, or cannot be said to; none: they balance
  static constexpr size_t kMaxOff = 1000;
};

// Sums up what the globals of `status` told with their states. The newest interval's units are on their way, which is
// no problem as long as their agents have them.
ClusterAudit AuditOf(const ClusterStatus& status);

}  // namespace tributary
