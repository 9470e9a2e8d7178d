#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tributary {

// A promise of latency: quantile `q` below `target`, in the unit of the metric.
struct LatencyGoal {
  double q = 0.99;
  double target = 0;
  std::string text;  // "p99<300ms"
};

// A time in which a part of the load is a multiple of what it would be, and what must hold in it. A value.
struct LaunchQuestion {
  double multiplier = 1;  // of `share` of the load
  double share = 1;
  absl::Time at;
  absl::Duration length = absl::Hours(2);
  absl::Duration ramp;  // from the usual load to the launch's
  std::vector<LatencyGoal> goals;
  size_t added_replicas = 0;
  size_t paths = 2000;
  uint64_t seed = 1;

  // What the launch brings, as a share of the usual load.
  double Extra() const { return (multiplier - 1) * share; }
};

// Beyond so many, no number of replicas is enough.
inline constexpr size_t kMaxReplicas = 100'000;

// InvalidArgument: a number or a time that makes no sense, whatever the service.
absl::Status CheckQuestion(const LaunchQuestion& question);

// A time in the launch that is looked at, and how much of the launch there is by then: 0 to 1.
struct LaunchMoment {
  absl::Time time;
  double ramp = 0;
};
// Evenly spaced, a minute or more apart, about fifty at most; the last is the end, with all of the launch.
std::vector<LaunchMoment> MomentsOf(const LaunchQuestion& question);

}  // namespace tributary
