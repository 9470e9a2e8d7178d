#include "proxy/capacity/launch_question.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

constexpr int64_t kSteps = 48;

}  // namespace

absl::Status CheckQuestion(const LaunchQuestion& question) {
  if (!(question.multiplier > 0 && question.multiplier <= 1000)) {
    return absl::InvalidArgumentError("the multiplier must be more than 0 and at most 1000");
  }
  if (!(question.share > 0 && question.share <= 1)) {
    return absl::InvalidArgumentError("the share must be more than 0 and at most 1");
  }
  if (question.length < absl::Minutes(1) || question.length > absl::Hours(14 * 24)) {
    return absl::InvalidArgumentError("the launch must take 1 minute to 14 days");
  }
  if (question.ramp < absl::ZeroDuration() || question.ramp > question.length) {
    return absl::InvalidArgumentError("the ramp must not be longer than the launch");
  }
  if (question.added_replicas > kMaxReplicas) return absl::InvalidArgumentError("at most 100,000 replicas");
  for (const LatencyGoal& goal : question.goals) {
    if (!(goal.q > 0 && goal.q < 1 && goal.target > 0)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", goal.text, "\" is no goal such as p99<300ms"));
    }
  }
  return absl::OkStatus();
}

std::vector<LaunchMoment> MomentsOf(const LaunchQuestion& question) {
  const absl::Duration step = std::max(absl::Minutes(1), question.length / kSteps);
  std::vector<LaunchMoment> moments;
  for (absl::Duration passed; passed < question.length; passed += step) {
    const double ramp =
        question.ramp == absl::ZeroDuration() ? 1 : std::min(1.0, absl::FDivDuration(passed, question.ramp));
    moments.push_back({question.at + passed, ramp});
  }
  // So that the whole is reached whatever the steps.
  moments.push_back({question.at + question.length - absl::Milliseconds(1), 1});
  return moments;
}

}  // namespace tributary
