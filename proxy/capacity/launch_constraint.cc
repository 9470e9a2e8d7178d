#include "proxy/capacity/launch_constraint.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "proxy/capacity/resource_spec.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMostCritical = 20;  // hosts, of each resource
constexpr double kLargestCapacityError = 0.1;

bool IsUsed(const ServiceModel& model, const HostResource& resource) {
  return model.IndexOf(resource.host) < model.hosts.size() && resource.line.points > 0;
}

LaunchConstraint ResourceConstraint(const ServiceModel& model, const HostResource& resource) {
  LaunchConstraint constraint;
  constraint.resource = &resource;
  constraint.share = model.shares[model.IndexOf(resource.host)];
  constraint.breaks_at = resource.line.LoadAt(resource.limit) / constraint.share;
  constraint.check = {.kind = LaunchCheck::Kind::kResource,
                      .service = model.service,
                      .name = ResourceText(resource.resource, resource.instance),
                      .host = resource.host,
                      .now = resource.now,
                      .limit = resource.limit,
                      .at_load = constraint.breaks_at};
  return constraint;
}

void AddResources(const ServiceModel& model, std::vector<LaunchConstraint>& all) {
  std::map<std::string, std::vector<LaunchConstraint>> by_resource;
  for (const HostResource& resource : model.resources) {
    if (!resource.grows_with_load || !IsUsed(model, resource)) continue;
    by_resource[resource.resource].push_back(ResourceConstraint(model, resource));
  }
  for (auto& [name, constraints] : by_resource) {
    std::stable_sort(constraints.begin(), constraints.end(),
                     [](const LaunchConstraint& a, const LaunchConstraint& b) { return a.breaks_at < b.breaks_at; });
    if (constraints.size() > kMostCritical) constraints.resize(kMostCritical);
    for (LaunchConstraint& constraint : constraints) all.push_back(std::move(constraint));
  }
}

LaunchConstraint GoalConstraint(const ServiceModel& model, const std::vector<ShareGroup>& groups,
                                const LatencyGoal& goal, std::normal_distribution<double>& normal,
                                std::mt19937_64& random) {
  LaunchConstraint constraint;
  const LatencyCurve& latency = *model.latency;
  const TailCurve curve = latency.Tails(goal.target);
  constraint.breaks_at = TailBreaksAt(latency, curve, groups, 1 - goal.q, 0);
  for (size_t i = 0; i < kCurves; ++i) {
    const double z = normal(random);
    constraint.curves_break.push_back(
        TailBreaksAt(latency, LatencyCurve::Redrawn(curve, random), groups, 1 - goal.q, z));
  }
  constraint.goal = goal;
  constraint.check = {.kind = LaunchCheck::Kind::kGoal,
                      .service = model.service,
                      .name = goal.text,
                      .now = kNaN,
                      .limit = goal.target,
                      .at_load = constraint.breaks_at};
  return constraint;
}

LaunchConstraint QueueConstraint(const ServiceModel& model, const ResponseLaw& law,
                                 std::normal_distribution<double>& normal, std::mt19937_64& random) {
  LaunchConstraint constraint;
  constraint.breaks_at = law.Capacity() / model.LargestShare();
  for (size_t i = 0; i < kCurves; ++i) {
    const double scale = 1 + normal(random) * law.capacity_error();
    constraint.curves_break.push_back(constraint.breaks_at * std::max(0.1, scale));
  }
  constraint.check = {.kind = LaunchCheck::Kind::kQueueing,
                      .service = model.service,
                      .name = "queueing",
                      .now = kNaN,
                      .limit = law.Capacity(),
                      .at_load = constraint.breaks_at};
  return constraint;
}

}  // namespace

std::vector<LaunchConstraint> ConstraintsOf(const ServiceModel& model, const std::vector<ShareGroup>& groups,
                                            const std::vector<LatencyGoal>& goals, std::mt19937_64& random) {
  std::vector<LaunchConstraint> constraints;
  AddResources(model, constraints);
  if (!model.latency) return constraints;
  std::normal_distribution<double> normal;
  for (const LatencyGoal& goal : goals) constraints.push_back(GoalConstraint(model, groups, goal, normal, random));
  // Whatever the goals. Calm loads alone do not tell where it begins.
  const std::optional<ResponseLaw>& law = model.latency->law();
  if (law && !(law->capacity_error() > kLargestCapacityError)) {
    constraints.push_back(QueueConstraint(model, *law, normal, random));
  }
  return constraints;
}

std::vector<std::string> FilledUp(const ServiceModel& model) {
  std::vector<std::string> sentences;
  for (const HostResource& resource : model.resources) {
    if (resource.grows_with_load || !IsUsed(model, resource) || !(resource.now > resource.limit)) continue;
    sentences.push_back(absl::StrFormat(
        "%s of %s is at %.0f %%, over its limit of %.0f %%; it fills with time, not with load, and is no part of the "
        "verdict",
        ResourceText(resource.resource, resource.instance), resource.host, 100 * resource.now, 100 * resource.limit));
  }
  return sentences;
}

}  // namespace tributary
