#include "proxy/capacity/launch_verdict.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/stats/normal.h"
#include "common/stats/usl.h"

namespace tributary {
namespace {

constexpr double kLikely = 0.5;
constexpr double kLeastCoverage = 0.8;
constexpr size_t kLeastPeaks = 3;

// What one host is to be tested with: three digits, rounded up.
double TestLoad(const LaunchPart& part) {
  const double load = part.HostLoad(kSure);
  const double unit = std::pow(10, std::floor(std::log10(load)) - 2);
  return std::ceil(load / unit - 1e-9) * unit;
}

// The first part that wants one has it.
void WantTest(const LaunchPart& part, LaunchAnswer& answer) {
  if (answer.test_host_load) return;
  answer.test_host_load = TestLoad(part);
  answer.test_service = part.model->service;
}

void FindMissingOf(const LaunchPart& part, size_t paths, LaunchAnswer& answer) {
  const ServiceModel& model = *part.model;
  const double host_load = part.HostLoad(kSure);
  if (host_load > UslFit::kSafeReach * model.highest_load) {
    WantTest(part, answer);
    answer.missing.push_back(absl::StrFormat(
        "a host of %s would get %.4g a second, more than %.2f times the highest load ever seen on one (%.4g): put "
        "%.4g a second on one host for ten minutes, then `tributary capacity calibrate`",
        model.service, host_load, UslFit::kSafeReach, model.highest_load, TestLoad(part)));
  }
  const bool has_resource = std::any_of(part.constraints.begin(), part.constraints.end(),
                                        [](const LaunchConstraint& each) { return each.resource != nullptr; });
  if (!has_resource && !model.latency) {
    answer.missing.push_back(absl::StrCat("neither utilisation nor latency by host is known of ", model.service));
  }
  const size_t unknown = static_cast<size_t>(std::count(part.unknown.begin(), part.unknown.end(), true));
  if (static_cast<double>(unknown) > (1 - kSure) * static_cast<double>(paths)) {
    WantTest(part, answer);
    answer.missing.push_back(absl::StrFormat(
        "no law explains the latencies of %s beyond %.4g a second and host: put %.4g on one for ten minutes, then "
        "`tributary capacity calibrate`",
        model.service, model.latency->highest_load(), TestLoad(part)));
  }
}

void FindMissingOfForecast(LaunchAnswer& answer) {
  if (answer.peaks < kLeastPeaks) {
    answer.missing.push_back(
        absl::StrFormat("%d days of demand are known, fewer than the %d peaks that a forecast is compared with",
                        answer.peaks, kLeastPeaks));
  }
  if (std::isnan(answer.coverage)) {
    answer.missing.push_back("the history is too short to test the forecast: two days more than it has");
  } else if (answer.coverage < kLeastCoverage) {
    answer.missing.push_back(
        absl::StrFormat("the forecast is not to be trusted: its intervals of 95 %% held %.0f %% of the last days",
                        100 * answer.coverage));
  }
}

void FindMissing(const LaunchQuestion& question, const std::vector<LaunchPart>& parts, LaunchAnswer& answer) {
  for (const LaunchPart& part : parts) FindMissingOf(part, question.paths, answer);
  const LaunchPart& service = parts.front();
  if (!question.goals.empty() && !service.model->latency) {
    answer.missing.push_back(
        absl::StrCat("no latencies by host are known of ", service.model->service, ", and a goal asks for them"));
  }
  FindMissingOfForecast(answer);
  if (!answer.missing.empty()) WantTest(service, answer);
}

bool HardLimitPassed(const std::vector<LaunchPart>& parts, LaunchAnswer& answer) {
  for (const LaunchPart& part : parts) {
    const double load = part.LaunchLoad(1 - kSure);
    for (const LaunchConstraint& constraint : part.constraints) {
      if (constraint.resource == nullptr || constraint.resource->line.assumed) continue;
      const double utilization = constraint.resource->line.At(constraint.share * load, -kNormalQuantile95);
      if (!(utilization > 1)) continue;
      answer.verdict = Verdict::kNo;
      answer.probability = std::min(answer.probability, 1 - kSure);
      answer.first_to_break = constraint.check;
      answer.reason =
          absl::StrFormat("%s of %s on %s would be used to %.0f %% even by the least demand and slope to be expected",
                          constraint.check.name, part.model->service, constraint.resource->host, 100 * utilization);
      answer.missing.clear();
      answer.test_host_load.reset();
      return true;
    }
  }
  return false;
}

Verdict VerdictOf(double probability) {
  if (probability >= kSure) return Verdict::kYes;
  return probability >= kLikely ? Verdict::kRisky : Verdict::kNo;
}

std::string ReasonOf(const LaunchAnswer& answer) {
  if (answer.verdict == Verdict::kYes) {
    return absl::StrFormat("all limits and goals hold with a probability of %.0f %%", 100 * answer.probability);
  }
  if (!answer.first_to_break) {
    return absl::StrFormat("limits and goals hold with a probability of %.0f %% only", 100 * answer.probability);
  }
  return absl::StrFormat(
      "%s of %s breaks first, at a load of %.4g a second, %.2f times the usual; the launch brings %.4g",
      answer.first_to_break->name, answer.first_to_break->service, answer.first_to_break->at_load,
      answer.breaks_at_multiplier, answer.launch_p50);
}

}  // namespace

void Conclude(const LaunchQuestion& question, const std::vector<LaunchPart>& parts, LaunchAnswer& answer) {
  FindMissing(question, parts, answer);
  if (HardLimitPassed(parts, answer)) return;
  if (!answer.missing.empty()) {
    answer.verdict = Verdict::kUnknown;
    answer.reason = absl::StrJoin(answer.missing, "; ");
    return;
  }
  answer.verdict = VerdictOf(answer.probability);
  answer.reason = ReasonOf(answer);
}

}  // namespace tributary
