#include "proxy/capacity/launch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/stats/normal.h"
#include "common/stats/sample.h"
#include "common/stats/usl.h"
#include "proxy/capacity/resource_spec.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSure = 0.95;
constexpr double kLikely = 0.5;
constexpr double kLeastCoverage = 0.8;
constexpr size_t kLeastPeaks = 3;
constexpr size_t kCurves = 40;  // as the latencies may also have been
constexpr size_t kShareGroups = 64;
constexpr size_t kMostCritical = 20;  // hosts, of each resource
constexpr size_t kSteps = 48;
constexpr double kLargestCapacityError = 0.1;
constexpr size_t kMaxReplicas = 100'000;

// Hosts with about the same share of the load.
struct ShareGroup {
  double share = 0;
  double weight = 0;  // all their shares
};

std::vector<ShareGroup> GroupsOf(std::vector<double> shares) {
  std::sort(shares.begin(), shares.end());
  const size_t groups = std::min(shares.size(), kShareGroups);
  std::vector<ShareGroup> result;
  for (size_t g = 0; g < groups; ++g) {
    const size_t begin = g * shares.size() / groups;
    const size_t end = (g + 1) * shares.size() / groups;
    ShareGroup group;
    for (size_t i = begin; i < end; ++i) group.weight += shares[i];
    group.share = group.weight / static_cast<double>(end - begin);
    if (group.weight > 0) result.push_back(group);
  }
  return result;
}

// Share of the fleet's requests that are slower than the curve's target, at this load of the whole service.
double FleetTail(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                 double load, double z) {
  double tail = 0;
  double weight = 0;
  for (const ShareGroup& group : groups) {
    tail += group.weight * latency.TailAt(curve, group.share * load, z);
    weight += group.weight;
  }
  return tail / weight;
}

// The least load of the service at which more than `allowed` are slower. Infinite beyond what is known.
double TailBreaksAt(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                    double allowed, double z) {
  const auto exceeds = [&](double load) { return FleetTail(latency, curve, groups, load, z) > allowed; };
  const double share = groups.back().share;
  if (exceeds(0)) return 0;
  double low = 0;
  double high = 2 * UslFit::kSafeReach * latency.highest_load() / share;
  if (!exceeds(high)) {
    // NaN is not more than anything: what is known ends between.
    high = latency.highest_load() / share;
    if (!exceeds(high)) return kInfinity;
  }
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (exceeds(middle) ? high : low) = middle;
  }
  return high;
}

// Something that breaks at a load of the service, which is not quite known: one value per draw, and the middle one.
struct Constraint {
  LaunchCheck check;
  double share = 0;                        // of the host
  const HostResource* resource = nullptr;  // null: a goal
  std::vector<double> curves_break;        // of a goal, by curve
  double breaks_at = kInfinity;
};

class Judge {
 public:
  Judge(const ServiceModel& service, const std::vector<Dependency>& dependencies, const LaunchQuestion& question)
      : question_(question), random_(question.seed) {
    parts_.push_back({.model = &service, .dependency = nullptr});
    for (const Dependency& dependency : dependencies) {
      parts_.push_back({.model = &dependency.model, .dependency = &dependency});
    }
  }

  absl::StatusOr<LaunchAnswer> Run() {
    TRIBUTARY_RETURN_IF_ERROR(Check());
    for (Part& part : parts_) TRIBUTARY_RETURN_IF_ERROR(Forecast(part));
    for (Part& part : parts_) AddConstraints(part);
    Draw();
    Conclude();
    return std::move(answer_);
  }

 private:
  struct Part {
    const ServiceModel* model;
    const Dependency* dependency;
    HourlyForecast forecast = {};
    std::vector<ShareGroup> groups = {};
    std::vector<Constraint> constraints = {};
    std::vector<double> usual = {};   // by path: the highest load
    std::vector<double> launch = {};  // the same, with the launch, as if there were no more replicas
    std::vector<double> need = {};    // by path: that by the load at which something breaks
    std::vector<bool> unknown = {};   // by path: beyond what any law of latency tells
    double largest_share = 0;

    double Replicated(size_t added) const {
      const double hosts = static_cast<double>(model->hosts.size());
      return hosts / (hosts + static_cast<double>(added));
    }
  };

  absl::Status Check() const {
    const ServiceModel& service = *parts_.front().model;
    if (!(question_.multiplier > 0 && question_.multiplier <= 1000)) {
      return absl::InvalidArgumentError("the multiplier must be more than 0 and at most 1000");
    }
    if (!(question_.share > 0 && question_.share <= 1)) {
      return absl::InvalidArgumentError("the share must be more than 0 and at most 1");
    }
    if (question_.length < absl::Minutes(1) || question_.length > absl::Hours(14 * 24)) {
      return absl::InvalidArgumentError("the launch must take 1 minute to 14 days");
    }
    if (question_.ramp < absl::ZeroDuration() || question_.ramp > question_.length) {
      return absl::InvalidArgumentError("the ramp must not be longer than the launch");
    }
    if (question_.added_replicas > kMaxReplicas) return absl::InvalidArgumentError("at most 100,000 replicas");
    for (const LatencyGoal& goal : question_.goals) {
      if (!(goal.q > 0 && goal.q < 1 && goal.target > 0)) {
        return absl::InvalidArgumentError(absl::StrCat("\"", goal.text, "\" is no goal such as p99<300ms"));
      }
    }
    if (service.hosts.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("no load by host is known of ", service.service, ": nothing can be said of its hosts"));
    }
    return absl::OkStatus();
  }

  absl::Status Forecast(Part& part) {
    const absl::Time end = question_.at + question_.length;
    absl::StatusOr<HourlyForecast> forecast = ForecastHours(part.model->history, end, kSure);
    if (!forecast.ok()) {
      return absl::Status(forecast.status().code(),
                          absl::StrCat("of the demand of ", part.model->service, ": ", forecast.status().message()));
    }
    part.forecast = *std::move(forecast);
    if (question_.at < part.forecast.start) {
      return absl::InvalidArgumentError(
          absl::StrCat("the launch must begin after what is stored ends, ", MinuteText(part.forecast.start)));
    }
    part.groups = GroupsOf(part.model->shares);
    for (const double share : part.model->shares) part.largest_share = std::max(part.largest_share, share);
    return absl::OkStatus();
  }

  void AddConstraints(Part& part) {
    std::map<std::string, std::vector<Constraint>> by_resource;
    for (const HostResource& resource : part.model->resources) {
      const size_t host = part.model->IndexOf(resource.host);
      if (host == part.model->hosts.size() || resource.line.points == 0) continue;
      if (!resource.grows_with_load) {
        if (resource.now > resource.limit) FilledUp(resource);
        continue;
      }
      Constraint constraint;
      constraint.resource = &resource;
      constraint.share = part.model->shares[host];
      constraint.breaks_at = resource.line.LoadAt(resource.limit) / constraint.share;
      constraint.check = {.service = part.model->service,
                          .name = ResourceText(resource.resource, resource.instance),
                          .host = resource.host,
                          .now = resource.now,
                          .limit = resource.limit,
                          .at_load = constraint.breaks_at};
      by_resource[resource.resource].push_back(std::move(constraint));
    }
    for (auto& [name, constraints] : by_resource) {
      std::stable_sort(constraints.begin(), constraints.end(),
                       [](const Constraint& a, const Constraint& b) { return a.breaks_at < b.breaks_at; });
      if (constraints.size() > kMostCritical) constraints.resize(kMostCritical);
      for (Constraint& constraint : constraints) part.constraints.push_back(std::move(constraint));
    }
    if (part.model->latency) AddGoals(part, *part.model->latency);
  }

  void AddGoals(Part& part, const LatencyCurve& latency) {
    std::normal_distribution<double> normal;
    if (part.dependency == nullptr) {
      for (const LatencyGoal& goal : question_.goals) {
        Constraint constraint;
        const TailCurve curve = latency.Tails(goal.target);
        constraint.breaks_at = TailBreaksAt(latency, curve, part.groups, 1 - goal.q, 0);
        for (size_t i = 0; i < kCurves; ++i) {
          const double z = normal(random_);
          constraint.curves_break.push_back(
              TailBreaksAt(latency, LatencyCurve::Redrawn(curve, random_), part.groups, 1 - goal.q, z));
        }
        constraint.check = {
            .service = part.model->service, .name = goal.text, .limit = goal.target, .at_load = constraint.breaks_at};
        constraint.check.now = kNaN;
        part.constraints.push_back(std::move(constraint));
      }
    }
    // Whatever the goals: what is not served waits without end. Calm loads alone do not tell where that begins.
    if (!latency.law() || latency.law()->capacity_error() > kLargestCapacityError) return;
    Constraint constraint;
    constraint.breaks_at = latency.law()->Capacity() / part.largest_share;
    for (size_t i = 0; i < kCurves; ++i) {
      const double scale = 1 + normal(random_) * latency.law()->capacity_error();
      constraint.curves_break.push_back(constraint.breaks_at * std::max(0.1, scale));
    }
    constraint.check = {.service = part.model->service,
                        .name = "queueing",
                        .now = kNaN,
                        .limit = latency.law()->Capacity(),
                        .at_load = constraint.breaks_at};
    part.constraints.push_back(std::move(constraint));
  }

  void FilledUp(const HostResource& resource) {
    answer_.caveats.push_back(absl::StrFormat(
        "%s of %s is at %.0f %%, over its limit of %.0f %%; it fills with time, not with load, and is no part of the "
        "verdict",
        ResourceText(resource.resource, resource.instance), resource.host, 100 * resource.now, 100 * resource.limit));
  }

  // Times that are looked at, and how much of the launch there is.
  std::vector<std::pair<absl::Time, double>> Moments() const {
    const absl::Duration step = std::max(absl::Minutes(1), question_.length / kSteps);
    std::vector<std::pair<absl::Time, double>> moments;
    for (absl::Duration passed; passed < question_.length; passed += step) {
      const double ramp =
          question_.ramp == absl::ZeroDuration() ? 1 : std::min(1.0, absl::FDivDuration(passed, question_.ramp));
      moments.emplace_back(question_.at + passed, ramp);
    }
    // The end, so that the whole is reached whatever the steps.
    moments.emplace_back(question_.at + question_.length - absl::Milliseconds(1), 1);
    return moments;
  }

  void Draw() {
    const auto moments = Moments();
    std::uniform_real_distribution<double> uniform(0.5 / static_cast<double>(question_.paths),
                                                   1 - 0.5 / static_cast<double>(question_.paths));
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<size_t> pick(0, kCurves - 1);
    const double extra = (question_.multiplier - 1) * question_.share;
    std::vector<double> added(moments.size());
    for (size_t path = 0; path < question_.paths; ++path) {
      for (Part& part : parts_) {
        const double rank = uniform(random_);
        double elasticity = 0;
        if (part.dependency != nullptr) {
          const double error = (part.dependency->high - part.dependency->low) / (2 * kNormalQuantile95);
          elasticity = std::max(0.0, part.dependency->elasticity + normal(random_) * error);
        }
        double usual = 0;
        double launch = 0;
        for (size_t i = 0; i < moments.size(); ++i) {
          const double base = part.forecast.forecast.Draw(part.forecast.HourOf(moments[i].first), rank);
          if (part.dependency == nullptr) added[i] = base * extra * moments[i].second;
          const double more = part.dependency == nullptr ? added[i] : elasticity * added[i];
          usual = std::max(usual, base);
          launch = std::max(launch, std::max(0.0, base + more));
        }
        part.usual.push_back(part.model->burst * usual);
        part.launch.push_back(part.model->burst * launch);
        Break(part, pick(random_), normal);
      }
      if (path % 8 == 0) Spend(parts_.front(), moments, extra, uniform, pick);
    }
  }

  // What this path's load needs, and what it breaks.
  void Break(Part& part, size_t curve, std::normal_distribution<double>& normal) {
    const size_t added = part.dependency == nullptr ? question_.added_replicas : 0;
    const double load = part.launch.back() * part.Replicated(added);
    std::map<std::string, double> z;  // one for all hosts: what is wrong with a slope is wrong with all
    double breaks_at = kInfinity;
    for (Constraint& constraint : part.constraints) {
      double at = 0;
      if (constraint.resource != nullptr) {
        const auto [it, fresh] = z.try_emplace(constraint.resource->resource, 0);
        if (fresh) it->second = normal(random_);
        at = constraint.resource->line.LoadAt(constraint.resource->limit, it->second) / constraint.share;
      } else {
        at = constraint.curves_break[curve];
      }
      breaks_at = std::min(breaks_at, at);
      if (load > at) constraint.check.exceeds += 1 / static_cast<double>(question_.paths);
    }
    const auto& latency = part.model->latency;
    const bool wants_law = part.dependency == nullptr && !question_.goals.empty() && latency && !latency->law();
    part.unknown.push_back(wants_law && load * part.largest_share > latency->highest_load() && load <= breaks_at);
    part.need.push_back(breaks_at > 0 ? part.launch.back() / breaks_at : kInfinity);
  }

  // Bad requests of one path, by the tightest goal.
  template <class Uniform, class Pick>
  void Spend(const Part& part, const std::vector<std::pair<absl::Time, double>>& moments, double extra,
             Uniform& uniform, Pick& pick) {
    if (question_.goals.empty() || !part.model->latency) return;
    const LatencyCurve& latency = *part.model->latency;
    const LatencyGoal& goal = question_.goals.front();
    if (spend_curves_.empty()) {
      const TailCurve curve = latency.Tails(goal.target);
      for (size_t i = 0; i < kCurves; ++i) spend_curves_.push_back(LatencyCurve::Redrawn(curve, random_));
    }
    const double rank = uniform(random_);
    const TailCurve& curve = spend_curves_[pick(random_)];
    const double seconds = absl::ToDoubleSeconds(question_.length) / static_cast<double>(moments.size());
    double bad = 0;
    for (const auto& [time, ramp] : moments) {
      const double base = part.forecast.forecast.Draw(part.forecast.HourOf(time), rank);
      const double load = base * (1 + extra * ramp);
      const double tail = FleetTail(latency, curve, part.groups, load * part.Replicated(question_.added_replicas), 0);
      bad += load * seconds * (std::isnan(tail) ? 1 : tail);
    }
    bad_.push_back(bad);
  }

  void Conclude() {
    const Part& service = parts_.front();
    DescribeDemand(service);
    DescribeChecks();
    answer_.probability = Probability();
    DescribeReplicas();
    DescribeBudget(service);
    FindMissing();
    if (HardLimitPassed()) return;
    if (!answer_.missing.empty()) {
      answer_.verdict = Verdict::kUnknown;
      answer_.reason = absl::StrJoin(answer_.missing, "; ");
      return;
    }
    answer_.verdict = answer_.probability >= kSure     ? Verdict::kYes
                      : answer_.probability >= kLikely ? Verdict::kRisky
                                                       : Verdict::kNo;
    if (answer_.verdict == Verdict::kYes) {
      answer_.reason =
          absl::StrFormat("all limits and goals hold with a probability of %.0f %%", 100 * answer_.probability);
    } else if (!answer_.first_to_break) {
      answer_.reason =
          absl::StrFormat("limits and goals hold with a probability of %.0f %% only", 100 * answer_.probability);
    } else {
      answer_.reason = absl::StrFormat(
          "%s of %s breaks first, at a load of %.4g a second, %.2f times the usual; the launch brings %.4g",
          answer_.first_to_break->name, answer_.first_to_break->service, answer_.first_to_break->at_load,
          answer_.breaks_at_multiplier, answer_.launch_p50);
    }
  }

  void DescribeDemand(const Part& part) {
    answer_.usual_p50 = QuantileOf(part.usual, 0.5);
    answer_.usual_p90 = QuantileOf(part.usual, 0.9);
    answer_.launch_p50 = QuantileOf(part.launch, 0.5);
    answer_.launch_p90 = QuantileOf(part.launch, 0.9);
    answer_.host_p95 = HostLoad(part, kSure);
    answer_.highest_load = part.model->highest_load;
    answer_.burst = part.model->burst;
    answer_.forecast_method = part.forecast.forecast.method;
    answer_.coverage = part.forecast.forecast.coverage;
    answer_.peaks = part.model->history.KnownDays();
    if (!part.forecast.forecast.caveat.empty()) answer_.caveats.push_back(part.forecast.forecast.caveat);
  }

  size_t AddedTo(const Part& part) const { return part.dependency == nullptr ? question_.added_replicas : 0; }

  // Of the busiest host.
  double HostLoad(const Part& part, double q) const {
    return QuantileOf(part.launch, q) * part.Replicated(AddedTo(part)) * part.largest_share;
  }

  void DescribeChecks() {
    const Constraint* first = nullptr;
    const Part* of = nullptr;
    for (Part& part : parts_) {
      std::set<std::string> told;
      for (Constraint& constraint : part.constraints) {
        LaunchCheck& check = constraint.check;
        const double replicated = part.Replicated(AddedTo(part));
        const double p50 = QuantileOf(part.launch, 0.5) * replicated;
        const double p90 = QuantileOf(part.launch, 0.9) * replicated;
        if (constraint.resource != nullptr) {
          check.expected_p50 = constraint.resource->line.At(constraint.share * p50);
          check.expected_p90 = constraint.resource->line.At(constraint.share * p90);
        } else if (check.name == "queueing") {
          check.now = part.largest_share * part.model->history.Newest();
          check.expected_p50 = part.largest_share * p50;
          check.expected_p90 = part.largest_share * p90;
        } else {
          check.now = LatencyAt(part, check.limit, part.model->history.Newest());
          check.expected_p50 = LatencyAt(part, check.limit, p50);
          check.expected_p90 = LatencyAt(part, check.limit, p90);
        }
        // Against the demand of its own service: a dependency may break before.
        const double margin = constraint.breaks_at / p50;
        if (first == nullptr ||
            margin < first->breaks_at / (QuantileOf(of->launch, 0.5) * of->Replicated(AddedTo(*of)))) {
          first = &constraint;
          of = &part;
        }
        const std::string kind = constraint.resource != nullptr ? constraint.resource->resource : check.name;
        if (told.insert(kind).second) answer_.checks.push_back(check);
      }
    }
    std::stable_sort(answer_.checks.begin(), answer_.checks.end(),
                     [](const LaunchCheck& a, const LaunchCheck& b) { return a.exceeds > b.exceeds; });
    if (first == nullptr || std::isinf(first->breaks_at)) return;
    answer_.first_to_break = first->check;
    const double usual = QuantileOf(of->usual, 0.5);
    answer_.breaks_at_multiplier = usual > 0 ? first->breaks_at / of->Replicated(AddedTo(*of)) / usual : kInfinity;
  }

  double LatencyAt(const Part& part, double target, double load) const {
    const auto goal = std::find_if(question_.goals.begin(), question_.goals.end(),
                                   [&](const LatencyGoal& each) { return each.target == target; });
    if (!part.model->latency || goal == question_.goals.end() || std::isnan(load)) return kNaN;
    std::vector<double> loads;
    for (const ShareGroup& group : part.groups) loads.push_back(group.share * load);
    return part.model->latency->Quantile(goal->q, loads);
  }

  // That a path breaks nothing anywhere.
  double Probability() const {
    size_t well = 0;
    for (size_t path = 0; path < question_.paths; ++path) {
      well += std::all_of(parts_.begin(), parts_.end(),
                          [&](const Part& part) { return part.need[path] * part.Replicated(AddedTo(part)) <= 1; });
    }
    return static_cast<double>(well) / static_cast<double>(question_.paths);
  }

  void DescribeReplicas() {
    const double q = 1 - (1 - kSure) / static_cast<double>(parts_.size());
    for (const Part& part : parts_) {
      ReplicaNeed need{part.model->service, part.model->hosts.size(), std::nullopt};
      std::vector<double> needs = part.need;
      std::sort(needs.begin(), needs.end());
      // As many paths as `q` asks for have at most this need.
      const size_t rank = static_cast<size_t>(std::ceil(q * static_cast<double>(needs.size()))) - 1;
      const double hosts = std::ceil(static_cast<double>(need.now) * needs[rank] - 1e-9);
      const double has = static_cast<double>(need.now + AddedTo(part));
      if (hosts < static_cast<double>(kMaxReplicas)) need.more = static_cast<size_t>(std::max(0.0, hosts - has));
      answer_.replicas.push_back(need);
    }
  }

  void DescribeBudget(const Part& part) {
    if (bad_.empty()) return;
    double sum = 0;
    for (const double value : part.model->history.values) sum += std::isnan(value) ? 0 : value;
    const double rate = sum / static_cast<double>(part.model->history.KnownHours());
    const double budget = (1 - question_.goals.front().q) * rate * absl::ToDoubleSeconds(absl::Hours(30 * 24));
    if (!(budget > 0)) return;
    answer_.budget = budget;
    answer_.spent_p50 = QuantileOf(bad_, 0.5) / budget;
    answer_.spent_p90 = QuantileOf(bad_, 0.9) / budget;
  }

  void WantTest(const Part& part) {
    if (answer_.test_host_load) return;
    // Three digits, rounded up.
    const double load = HostLoad(part, kSure);
    const double unit = std::pow(10, std::floor(std::log10(load)) - 2);
    answer_.test_host_load = std::ceil(load / unit - 1e-9) * unit;
    answer_.test_service = part.model->service;
  }

  void FindMissing() {
    for (const Part& part : parts_) {
      const ServiceModel& model = *part.model;
      const double reach = UslFit::kSafeReach * model.highest_load;
      if (HostLoad(part, kSure) > reach) {
        WantTest(part);
        answer_.missing.push_back(absl::StrFormat(
            "a host of %s would get %.4g a second, more than %.2f times the highest load ever seen on one (%.4g): put "
            "%.4g a second on one host for ten minutes, then `tributary capacity calibrate`",
            model.service, HostLoad(part, kSure), UslFit::kSafeReach, model.highest_load, *answer_.test_host_load));
      }
      const bool has_resource = std::any_of(part.constraints.begin(), part.constraints.end(),
                                            [](const Constraint& each) { return each.resource != nullptr; });
      if (!has_resource && !model.latency) {
        answer_.missing.push_back(absl::StrCat("neither utilisation nor latency by host is known of ", model.service));
      }
      const size_t unknown = static_cast<size_t>(std::count(part.unknown.begin(), part.unknown.end(), true));
      if (static_cast<double>(unknown) > (1 - kSure) * static_cast<double>(question_.paths)) {
        WantTest(part);
        answer_.missing.push_back(absl::StrFormat(
            "no law explains the latencies of %s beyond %.4g a second and host: put %.4g on one for ten minutes, then "
            "`tributary capacity calibrate`",
            model.service, model.latency->highest_load(), *answer_.test_host_load));
      }
    }
    const Part& service = parts_.front();
    if (!question_.goals.empty() && !service.model->latency) {
      answer_.missing.push_back(
          absl::StrCat("no latencies by host are known of ", service.model->service, ", and a goal asks for them"));
    }
    if (answer_.peaks < kLeastPeaks) {
      answer_.missing.push_back(
          absl::StrFormat("%d days of demand are known, fewer than the %d peaks that a forecast is compared with",
                          answer_.peaks, kLeastPeaks));
    }
    if (std::isnan(answer_.coverage)) {
      answer_.missing.push_back("the history is too short to test the forecast: two days more than it has");
    } else if (answer_.coverage < kLeastCoverage) {
      answer_.missing.push_back(
          absl::StrFormat("the forecast is not to be trusted: its intervals of 95 %% held %.0f %% of the last days",
                          100 * answer_.coverage));
    }
    if (!answer_.missing.empty()) WantTest(service);
  }

  // Even the least slope that the points allow is too much, at the least demand that is to be expected.
  bool HardLimitPassed() {
    for (const Part& part : parts_) {
      const double load = QuantileOf(part.launch, 1 - kSure) * part.Replicated(AddedTo(part));
      for (const Constraint& constraint : part.constraints) {
        if (constraint.resource == nullptr || constraint.resource->line.assumed) continue;
        const double utilization = constraint.resource->line.At(constraint.share * load, -kNormalQuantile95);
        if (!(utilization > 1)) continue;
        answer_.verdict = Verdict::kNo;
        answer_.probability = std::min(answer_.probability, 1 - kSure);
        answer_.first_to_break = constraint.check;
        answer_.reason =
            absl::StrFormat("%s of %s on %s would be used to %.0f %% even by the least demand and slope to be expected",
                            constraint.check.name, part.model->service, constraint.resource->host, 100 * utilization);
        answer_.missing.clear();
        answer_.test_host_load.reset();
        return true;
      }
    }
    return false;
  }

  const LaunchQuestion& question_;
  std::mt19937_64 random_;
  std::vector<Part> parts_;  // the service, then what depends
  std::vector<TailCurve> spend_curves_;
  std::vector<double> bad_;  // requests, of some paths
  LaunchAnswer answer_;
};

}  // namespace

size_t ServiceModel::IndexOf(const std::string& host) const {
  return static_cast<size_t>(std::find(hosts.begin(), hosts.end(), host) - hosts.begin());
}

std::string NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kYes:
      return "YES";
    case Verdict::kRisky:
      return "RISKY";
    case Verdict::kNo:
      return "NO";
    case Verdict::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

absl::StatusOr<LaunchAnswer> JudgeLaunch(const ServiceModel& service, const std::vector<Dependency>& dependencies,
                                         const LaunchQuestion& question) {
  return Judge(service, dependencies, question).Run();
}

}  // namespace tributary
