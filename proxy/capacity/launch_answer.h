#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tributary {

enum class Verdict { kYes, kRisky, kNo, kUnknown };
std::string NameOf(Verdict verdict);  // "YES"

// One thing that may break.
struct LaunchCheck {
  // What the numbers are: utilisations; latencies in the unit of the metric; loads of a host, where what is not served
  // waits without end.
  enum class Kind { kResource, kGoal, kQueueing };
  Kind kind = Kind::kResource;
  std::string service = {};
  std::string name = {};  // a resource, a goal ("p99<300ms"), or "queueing"
  std::string host = {};  // that breaks first; empty: all together
  double now = 0;         // NaN: not known
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

// The verdict, and what it rests on. Loads are requests a second. A value.
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

  std::string budget_goal;       // of which the launch spends the most
  std::optional<double> budget;  // bad requests in 30 days that it allows
  double spent_p50 = 0;          // share of it
  double spent_p90 = 0;
  std::string forecast_method;
  double coverage = 0;  // of the forecast's intervals, backtested
  size_t peaks = 0;
  std::vector<std::string> caveats;
};

}  // namespace tributary
