#include "proxy/capacity/launch_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double LatencyAt(const LaunchPart& part, const LatencyGoal& goal, double load) {
  if (!part.model->latency || std::isnan(load)) return kNaN;
  std::vector<double> loads;
  for (const ShareGroup& group : part.groups) loads.push_back(group.share * load);
  return part.model->latency->Quantile(goal.q, loads);
}

// Fills in what is expected at these loads of the part.
void Expect(const LaunchPart& part, double p50, double p90, LaunchConstraint& constraint) {
  LaunchCheck& check = constraint.check;
  if (constraint.resource != nullptr) {
    check.expected_p50 = constraint.resource->line.At(constraint.share * p50);
    check.expected_p90 = constraint.resource->line.At(constraint.share * p90);
    return;
  }
  const double now = part.model->history.Newest();
  if (constraint.goal) {
    check.now = LatencyAt(part, *constraint.goal, now);
    check.expected_p50 = LatencyAt(part, *constraint.goal, p50);
    check.expected_p90 = LatencyAt(part, *constraint.goal, p90);
    return;
  }
  check.now = part.largest_share * now;
  check.expected_p50 = part.largest_share * p50;
  check.expected_p90 = part.largest_share * p90;
}

}  // namespace

void DescribeChecks(std::vector<LaunchPart>& parts, LaunchAnswer& answer) {
  const LaunchPart* part_of_first = nullptr;
  double least_room = kInfinity;
  for (LaunchPart& part : parts) {
    const double p50 = part.LaunchLoad(0.5);
    const double p90 = part.LaunchLoad(0.9);
    std::set<std::pair<LaunchCheck::Kind, std::string>> told;
    for (LaunchConstraint& constraint : part.constraints) {
      Expect(part, p50, p90, constraint);
      const LaunchCheck& check = constraint.check;
      const double room = constraint.breaks_at / p50;
      if (part_of_first == nullptr || room < least_room) {
        answer.first_to_break = check;
        part_of_first = &part;
        least_room = room;
      }
      const std::string& name = constraint.resource != nullptr ? constraint.resource->resource : check.name;
      if (told.emplace(check.kind, name).second) answer.checks.push_back(check);
    }
  }
  std::stable_sort(answer.checks.begin(), answer.checks.end(),
                   [](const LaunchCheck& a, const LaunchCheck& b) { return a.exceeds > b.exceeds; });
  if (answer.first_to_break && std::isinf(answer.first_to_break->at_load)) answer.first_to_break.reset();
  if (!answer.first_to_break) return;
  const double usual = QuantileOf(part_of_first->usual, 0.5);
  answer.breaks_at_multiplier =
      usual > 0 ? answer.first_to_break->at_load / part_of_first->Replicated() / usual : kInfinity;
}

}  // namespace tributary
