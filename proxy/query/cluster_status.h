#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "proxy/query/inspector.h"
#include "proxy/route/cluster_view.h"
#include "tributary/v1/status.pb.h"

namespace tributary {

// The cluster at one glance: what this proxy sees, what each global says of itself, and what the agents have told them.
struct ClusterStatus {
  struct Agent {
    InstanceId instance;
    std::string host;
    v1::AgentState::State state = v1::AgentState::STATE_UNSPECIFIED;
    IntervalIndex last_interval = -1;  // that it has told of; -1: none
    std::optional<v1::Books> books;    // as of then; none: not told
  };
  absl::Time now;
  ClusterView view;
  std::vector<GlobalState> globals;  // by id
  std::vector<Agent> agents;         // by host, then instance
  v1::Books books;                   // the sum of the agents'; without reasons
  size_t untold = 0;                 // agents whose books are not known
  bool balanced = true;              // every agent's and every global's that are known
};

// Adds up what globals said. Of an agent that several know, the newest books count, and the state of whoever heard it
// best, unless it has ended. What is malformed is left out.
ClusterStatus MergeStates(ClusterView view, std::vector<GlobalState> globals);

// Asks every global of the newest view.
//
// Errors:  Unavailable: no view is known, or too many look at once. A global that does not answer is part of the
// answer. Threads: thread-safe. `inspector` and `clock` outlive it.
class ClusterInspection {
 public:
  struct Options {
    std::string cluster = {};
    absl::Duration interval = absl::Seconds(10);
    absl::Duration timeout = absl::Seconds(2);
    int max_concurrent = 4;  // below the globals' own bound, if there is one proxy
  };
  using CurrentView = std::function<ClusterView()>;  // from any thread

  ClusterInspection(Inspector& inspector, CurrentView view, const Clock& clock, Options options)
      : inspector_(inspector), view_(std::move(view)), clock_(clock), options_(std::move(options)) {}

  // With the shares of as many of the newest intervals (proxy/query/cluster_audit.h).
  absl::StatusOr<ClusterStatus> Inspect(uint32_t audit_intervals = 0);
  const Options& options() const { return options_; }

 private:
  Inspector& inspector_;
  const CurrentView view_;
  const Clock& clock_;
  const Options options_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
