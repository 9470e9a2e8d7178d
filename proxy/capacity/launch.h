#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/capacity/demand.h"
#include "proxy/capacity/latency_curve.h"
#include "proxy/capacity/utilization_line.h"

namespace tributary {

// A promise of latency: quantile `q` below `target`, in the unit of the metric.
struct LatencyGoal {
  double q = 0.99;
  double target = 0;
  std::string text;  // "p99<300ms"
};

// One resource of one host.
struct HostResource {
  std::string resource;
  std::string host;
  std::string instance;  // of several on the host; empty where there is one
  double limit = 0.8;
  double now = 0;
  bool grows_with_load = true;
  UtilizationLine line;  // by load of the host
};

// What is known of a service. Loads are requests a second.
struct ServiceModel {
  std::string service = {};
  std::vector<std::string> hosts;
  std::vector<double> shares;  // of the service's load, by host: sums to 1
  std::vector<HostResource> resources;
  std::optional<LatencyCurve> latency;
  double highest_load = 0;  // that one host was ever seen to have
  HourlySeries history;     // of the whole service; hours that were no everyday traffic are not known
  double burst = 1;         // a busy minute of an hour, by the hour's mean

  size_t IndexOf(const std::string& host) const;  // hosts.size() if it is none
};

struct Dependency {
  ServiceModel model;
  double elasticity = 0;  // requests here for one more there
  double low = 0;         // its 90 % interval
  double high = 0;
};

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
};

enum class Verdict { kYes, kRisky, kNo, kUnknown };
std::string NameOf(Verdict verdict);  // "YES"

// One thing that may break.
struct LaunchCheck {
  std::string service = {};
  std::string name = {};  // a resource, a goal ("p99<300ms"), or "queueing"
  std::string host = {};  // that breaks first; empty: all together
  double now = 0;         // utilisation, or latency; NaN: not known
  double expected_p50 = 0;
  double expected_p90 = 0;
  double limit = 0;
  double exceeds = 0;  // probability
  double at_load = 0;  // of the service, where it breaks; infinite: never
};

struct ReplicaNeed {
  std::string service = {};
  size_t now = 0;
  std::optional<size_t> more;  // beyond those asked for; nothing: no number is enough
};

struct LaunchAnswer {
  Verdict verdict = Verdict::kUnknown;
  double probability = 0;            // that all limits and goals hold
  std::string reason;                // one sentence
  std::vector<std::string> missing;  // why it is UNKNOWN

  std::optional<LaunchCheck> first_to_break;
  double breaks_at_multiplier = 0;  // of the median demand
  std::vector<LaunchCheck> checks;  // most probable first
  std::vector<ReplicaNeed> replicas;

  // Demand of the service in its busiest moment.
  double usual_p50 = 0;
  double usual_p90 = 0;
  double launch_p50 = 0;
  double launch_p90 = 0;
  double host_p95 = 0;      // of the busiest host, launch and added replicas included
  double highest_load = 0;  // that one host was seen to have
  double burst = 1;
  // To be put on one host for ten minutes, if the verdict wants it.
  std::optional<double> test_host_load;
  std::string test_service;

  std::optional<double> budget;  // bad requests in 30 days that the tightest goal allows
  double spent_p50 = 0;          // share of it
  double spent_p90 = 0;
  std::string forecast_method;
  double coverage = 0;  // of the forecast's intervals, backtested
  size_t peaks = 0;
  std::vector<std::string> caveats;
};

// Whether the service takes the launch: Monte Carlo over the forecast's errors, the slopes of utilisation and the
// latencies measured; the rules of the verdict are in docs/capacity.md. The same question gets the same answer.
//
// Replicas: those that are added share the load evenly, so that they divide it: a path's need is its load by the load
//          at which something breaks, and the smallest number that does is a quantile of these.
// Errors:  InvalidArgument: numbers or times that make no sense; FailedPrecondition: no load is known, too little
//          history.
absl::StatusOr<LaunchAnswer> JudgeLaunch(const ServiceModel& service, const std::vector<Dependency>& dependencies,
                                         const LaunchQuestion& question);

}  // namespace tributary
