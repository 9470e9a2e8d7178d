#pragma once

#include <map>
#include <optional>
#include <vector>

#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "global/merge/commit_plan.h"
#include "tributary/v1/delivery.pb.h"
#include "tributary/v1/status.pb.h"

namespace tributary {

// What is known of each agent on the roster, for people to look at: its state, and the newest books it told. The loop
// writes it, whoever asks reads it, and neither waits longer than for a copy.
//
// Bounds:  the roster's.
// Threads: thread-safe.
class AgentBoard {
 public:
  // Who is on it no more is forgotten.
  void SetRoster(const std::vector<RosterEntry>& roster);
  // Of a marker or a Goodbye; what is older than what is known is ignored.
  void Take(const InstanceId& instance, IntervalIndex interval, std::optional<v1::Books> books);

  // Adds the agents on the roster, by instance.
  void Describe(v1::InspectResponse& response) const;

 private:
  struct Agent {
    std::optional<RosterEntry> entry;  // none before the next SetRoster
    IntervalIndex last_interval = -1;
    std::optional<v1::Books> books;
  };

  mutable Mutex mutex_;
  std::map<InstanceId, Agent> agents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
