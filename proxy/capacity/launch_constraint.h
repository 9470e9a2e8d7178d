#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "proxy/capacity/fleet_tail.h"
#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_question.h"
#include "proxy/capacity/service_model.h"

namespace tributary {

// Curves of latency as they may also have been: a path takes one of them.
inline constexpr size_t kCurves = 40;

// Something that breaks at a load of its service, which is not quite known: a resource of a host passes its limit, a
// goal is missed, or more comes than is served.
//
// Draws:   of a resource, the slope is drawn in each path; of the others, which take longer, kCurves loads are drawn
//          once.
// Units:   loads are requests a second of the whole service.
struct LaunchConstraint {
  LaunchCheck check;                                           // without what is expected
  double share = 0;                                            // of the host
  const HostResource* resource = nullptr;                      // of a resource
  std::optional<LatencyGoal> goal = std::nullopt;              // of a goal
  std::vector<double> curves_break = {};                       // of all but a resource
  double breaks_at = std::numeric_limits<double>::infinity();  // in the middle
};

// What may break: of each resource the hosts where it breaks first, and every goal. A service whose latencies follow a
// law (ResponseLaw) well enough also breaks where that ends. `groups` are of the model's shares; the model outlives the
// result.
std::vector<LaunchConstraint> ConstraintsOf(const ServiceModel& model, const std::vector<ShareGroup>& groups,
                                            const std::vector<LatencyGoal>& goals, std::mt19937_64& random);

// A sentence for each resource that fills with time, whatever the load, and is over its limit.
std::vector<std::string> FilledUp(const ServiceModel& model);

}  // namespace tributary
