#include "proxy/capacity/launch.h"

#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/stats/sample.h"
#include "proxy/capacity/launch_budget.h"
#include "proxy/capacity/launch_checks.h"
#include "proxy/capacity/launch_constraint.h"
#include "proxy/capacity/launch_part.h"
#include "proxy/capacity/launch_paths.h"
#include "proxy/capacity/launch_replicas.h"
#include "proxy/capacity/launch_verdict.h"

namespace tributary {
namespace {

// The service, then what depends.
absl::StatusOr<std::vector<LaunchPart>> ForecastParts(const ServiceModel& service,
                                                      const std::vector<Dependency>& dependencies,
                                                      const LaunchQuestion& question) {
  std::vector<LaunchPart> parts;
  TRIBUTARY_ASSIGN_OR_RETURN(LaunchPart asked, ForecastPart(service, nullptr, question));
  parts.push_back(std::move(asked));
  for (const Dependency& dependency : dependencies) {
    TRIBUTARY_ASSIGN_OR_RETURN(LaunchPart part, ForecastPart(dependency.model, &dependency, question));
    parts.push_back(std::move(part));
  }
  return parts;
}

void DescribeDemand(const LaunchPart& service, LaunchAnswer& answer) {
  answer.usual_p50 = QuantileOf(service.usual, 0.5);
  answer.usual_p90 = QuantileOf(service.usual, 0.9);
  answer.launch_p50 = QuantileOf(service.launch, 0.5);
  answer.launch_p90 = QuantileOf(service.launch, 0.9);
  answer.host_p95 = service.HostLoad(0.95);
  answer.highest_load = service.model->highest_load;
  answer.burst = service.model->burst;
  answer.forecast_method = service.forecast.forecast.method;
  answer.coverage = service.forecast.forecast.coverage;
  answer.peaks = service.model->history.KnownDays();
  if (!service.forecast.forecast.caveat.empty()) answer.caveats.push_back(service.forecast.forecast.caveat);
}

}  // namespace

absl::StatusOr<LaunchAnswer> JudgeLaunch(const ServiceModel& service, const std::vector<Dependency>& dependencies,
                                         const LaunchQuestion& question) {
  TRIBUTARY_RETURN_IF_ERROR(CheckQuestion(question));
  if (service.hosts.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no load by host is known of ", service.service, ": nothing can be said of its hosts"));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<LaunchPart> parts, ForecastParts(service, dependencies, question));
  LaunchAnswer answer;
  std::mt19937_64 random(question.seed);
  for (LaunchPart& part : parts) {
    // Goals are the service's: of a dependency none is known.
    const std::vector<LatencyGoal> goals = part.dependency == nullptr ? question.goals : std::vector<LatencyGoal>();
    part.constraints = ConstraintsOf(*part.model, part.groups, goals, random);
    for (std::string& sentence : FilledUp(*part.model)) answer.caveats.push_back(std::move(sentence));
  }
  LaunchBudget budget(question, parts.front(), random);
  DrawPaths(question, parts, budget, random);
  DescribeDemand(parts.front(), answer);
  DescribeChecks(parts, answer);
  answer.probability = ProbabilityOf(parts);
  answer.replicas = ReplicasOf(parts);
  budget.Describe(answer);
  Conclude(question, parts, answer);
  return answer;
}

}  // namespace tributary
