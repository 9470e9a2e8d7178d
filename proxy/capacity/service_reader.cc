#include "proxy/capacity/service_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string>& ByHost() {
  static const auto& by = *new std::vector<std::string>{"host"};
  return by;
}

// Loads of hosts and what they did on them, over several grids: the window's and those of calibrations.
struct HostSteps {
  std::map<std::string, size_t> hosts;
  std::vector<std::vector<double>> loads;  // by host
  std::vector<LoadStep> latencies;
  struct Use {
    std::vector<double> loads;
    std::vector<double> utilizations;
    double now = kNaN;
  };
  std::map<std::pair<size_t, std::pair<std::string, std::string>>, Use> uses;  // by resource, host and instance
};

class ServiceRead {
 public:
  ServiceRead(HistoryReader& reader, const ServiceMetrics& metrics, const std::vector<ResourceSpec>& resources,
              const EvidenceWindow& window, const std::vector<Calibration>& calibrations)
      : reader_(reader), metrics_(metrics), resources_(resources), window_(window) {
    for (const Calibration& calibration : calibrations) {
      if (calibration.service == metrics.name()) calibrations_.push_back(calibration);
    }
  }

  absl::StatusOr<ServiceModel> Run() {
    model_.service = metrics_.name();
    std::vector<Span> forgotten = window_.holidays;
    for (const Calibration& each : calibrations_) forgotten.push_back({each.from, each.to});
    TRIBUTARY_ASSIGN_OR_RETURN(model_.history, ReadDemand(reader_, metrics_.rate(), window_, forgotten));
    TRIBUTARY_RETURN_IF_ERROR(FindHosts());
    TRIBUTARY_RETURN_IF_ERROR(FindResources());
    const absl::Time from = window_.now - window_.evidence;
    const absl::Duration step = StepFor(window_.evidence, model_.hosts.size(), kMostSteps);
    if (step > absl::Minutes(1)) {
      reader_.Note(absl::StrCat("evidence of ", model_.service, " was read in steps of ", absl::FormatDuration(step),
                                ", calibrated load tests minute by minute"));
    }
    TRIBUTARY_RETURN_IF_ERROR(ReadSteps(StepGrid::Within(from, window_.now, step), /*calibrated=*/false));
    for (const Calibration& each : calibrations_) {
      TRIBUTARY_RETURN_IF_ERROR(ReadSteps(StepGrid::Within(each.from, each.to, absl::Minutes(1)), true));
    }
    Finish();
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<double> minutes, ReadMinutes(reader_, metrics_.rate(), window_));
    model_.burst = BurstOf(minutes);
    return std::move(model_);
  }

 private:
  // Those that had load in the last hour, or if there is none the last day, and how they share it.
  absl::Status FindHosts() {
    TRIBUTARY_ASSIGN_OR_RETURN(rate_,
                               ByHostMetric(reader_, metrics_.rate(), window_.now - window_.evidence, window_.now));
    for (const absl::Duration back : {absl::Hours(1), absl::Hours(24)}) {
      const StepGrid grid = StepGrid::Within(window_.now - back, window_.now, absl::Minutes(10));
      TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> tracks, reader_.Rates(rate_, ByHost(), grid));
      double sum = 0;
      for (const Track& track : tracks) {
        double load = 0;
        for (const double value : track.values) load += std::isnan(value) ? 0 : value;
        if (!(load > 0)) continue;
        model_.hosts.push_back(track.entity);
        model_.shares.push_back(load);
        sum += load;
      }
      for (double& share : model_.shares) share /= sum;
      if (!model_.hosts.empty()) break;
    }
    if (model_.hosts.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "no load by host is known of ", metrics_.name(), " in the last day: ", rate_,
          " has no rows with a tag `host`; the service must be in `services` of the agents' configuration too"));
    }
    for (size_t i = 0; i < model_.hosts.size(); ++i) steps_.hosts[model_.hosts[i]] = i;
    steps_.loads.resize(model_.hosts.size());
    return absl::OkStatus();
  }

  absl::Status FindResources() {
    const absl::Time from = window_.now - window_.evidence;
    for (const ResourceSpec& spec : resources_) {
      TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<MetricType> type,
                                 TypeOfResource(reader_, spec, from, window_.now));
      types_.push_back(type);
    }
    if (metrics_.duration().empty()) return absl::OkStatus();
    TRIBUTARY_ASSIGN_OR_RETURN(duration_, ByHostMetric(reader_, metrics_.duration(), from, window_.now));
    TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<MetricType> type, reader_.TypeOf(duration_, from, window_.now));
    if (type && IsDistribution(*type)) return absl::OkStatus();
    reader_.Note(absl::StrCat(duration_, type ? " is no timer, histogram or distribution" : " has no rows",
                              ": nothing is known of latencies"));
    duration_.clear();
    return absl::OkStatus();
  }

  bool IsCalibrated(const StepGrid& grid, size_t i) const {
    return std::any_of(calibrations_.begin(), calibrations_.end(), [&](const Calibration& each) {
      return Span{each.from, each.to}.Meets(grid.EndOf(i) - grid.step, grid.EndOf(i));
    });
  }

  absl::Status ReadSteps(const StepGrid& grid, bool calibrated) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> rates, reader_.Rates(rate_, ByHost(), grid));
    std::map<std::string, const Track*> loads;
    std::vector<bool> skipped(grid.count);
    for (size_t i = 0; i < grid.count; ++i) skipped[i] = !calibrated && IsCalibrated(grid, i);
    for (const Track& track : rates) {
      const auto host = steps_.hosts.find(track.entity);
      // Of hosts that are gone only the load counts, as evidence of what one can have.
      for (size_t i = 0; i < grid.count; ++i) {
        if (!skipped[i] && track.values[i] > highest_) highest_ = track.values[i];
      }
      if (host != steps_.hosts.end()) loads[track.entity] = &track;
    }
    if (calibrated && rates.empty()) {
      reader_.Note("a calibrated load test has no rows by minute any more: store.retention_1m is how long they stay");
    }
    TRIBUTARY_RETURN_IF_ERROR(ReadLatencies(grid, loads, skipped));
    for (size_t r = 0; r < resources_.size(); ++r) {
      if (types_[r]) TRIBUTARY_RETURN_IF_ERROR(ReadUse(r, grid, loads, skipped, calibrated));
    }
    return absl::OkStatus();
  }

  absl::Status ReadLatencies(const StepGrid& grid, const std::map<std::string, const Track*>& loads,
                             const std::vector<bool>& skipped) {
    if (duration_.empty()) return absl::OkStatus();
    TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, reader_.Distributions(duration_, ByHost(), grid));
    for (Track& track : tracks) {
      const auto load = loads.find(track.entity);
      if (load == loads.end()) continue;
      for (size_t i = 0; i < track.distributions.size(); ++i) {
        if (skipped[i] || track.distributions[i] == nullptr || !(load->second->values[i] > 0)) continue;
        steps_.latencies.push_back({load->second->values[i], std::move(track.distributions[i])});
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadUse(size_t r, const StepGrid& grid, const std::map<std::string, const Track*>& loads,
                       const std::vector<bool>& skipped, bool calibrated) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> tracks,
                               ReadUtilization(reader_, resources_[r], *types_[r], "host", grid));
    for (const Track& track : tracks) {
      const auto load = loads.find(track.entity);
      if (load == loads.end()) continue;
      HostSteps::Use& use = steps_.uses[{r, {track.entity, track.instance}}];
      for (size_t i = 0; i < grid.count; ++i) {
        if (skipped[i] || std::isnan(track.values[i])) continue;
        use.loads.push_back(load->second->values[i]);
        use.utilizations.push_back(track.values[i]);
        if (!calibrated) use.now = track.values[i];
      }
    }
    return absl::OkStatus();
  }

  void Finish() {
    model_.highest_load = highest_;
    for (const auto& [key, use] : steps_.uses) {
      const ResourceSpec& spec = resources_[key.first];
      HostResource resource;
      resource.resource = spec.name;
      resource.host = key.second.first;
      resource.instance = key.second.second;
      resource.limit = spec.limit;
      resource.grows_with_load = spec.grows == ResourceSpec::Grows::kWithLoad;
      resource.now = use.now;
      resource.line = FitUtilization(use.loads, use.utilizations);
      model_.resources.push_back(std::move(resource));
    }
    absl::StatusOr<LatencyCurve> curve = LatencyCurve::Fit(std::move(steps_.latencies));
    if (curve.ok()) model_.latency = *std::move(curve);
  }

  HistoryReader& reader_;
  const ServiceMetrics& metrics_;
  const std::vector<ResourceSpec>& resources_;
  const EvidenceWindow window_;
  std::vector<Calibration> calibrations_;
  std::string rate_;
  std::string duration_;  // by host; empty: there is none
  std::vector<std::optional<MetricType>> types_;
  HostSteps steps_;
  double highest_ = 0;
  ServiceModel model_;
};

}  // namespace

absl::StatusOr<ServiceMetrics> ServiceMetrics::Find(const std::vector<ServiceSpec>& services, const std::string& name) {
  for (const ServiceSpec& spec : services) {
    if (spec.name != name) continue;
    if (spec.rate.empty() && spec.duration.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("service ", name, " has neither rate nor duration"));
    }
    return ServiceMetrics(spec);
  }
  const auto named = [](std::string* out, const ServiceSpec& spec) { out->append(spec.name); };
  return absl::NotFoundError(absl::StrCat("no service is called \"", name,
                                          "\"; `services` in the proxy's configuration has ",
                                          services.empty() ? "none" : absl::StrJoin(services, ", ", named)));
}

absl::StatusOr<std::string> ByHostMetric(HistoryReader& reader, const std::string& metric, absl::Time from,
                                         absl::Time to) {
  const std::string by_host = absl::StrCat(metric, kByHostSuffix);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<MetricType> type, reader.TypeOf(by_host, from, to));
  return type ? by_host : metric;
}

absl::StatusOr<HourlySeries> ReadDemand(HistoryReader& reader, const std::string& metric, const EvidenceWindow& window,
                                        const std::vector<Span>& forgotten) {
  const StepGrid grid = StepGrid::Within(window.now - window.demand, window.now, absl::Hours(1));
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, reader.Rates(metric, {}, grid));
  if (tracks.empty()) {
    return absl::FailedPreconditionError(absl::StrFormat("%s has no whole hour of rows in the last %d days", metric,
                                                         static_cast<int>(window.demand / absl::Hours(24))));
  }
  HourlySeries demand{grid.start, std::move(tracks.front().values)};
  demand.TrimStart();
  // The first hour that is known may have begun in its middle.
  if (demand.values.size() > 1) {
    demand.values.erase(demand.values.begin());
    demand.start += absl::Hours(1);
  }
  demand.Forget(forgotten);
  return demand;
}

absl::StatusOr<ServiceModel> ReadService(HistoryReader& reader, const ServiceMetrics& metrics,
                                         const std::vector<ResourceSpec>& resources, const EvidenceWindow& window,
                                         const std::vector<Calibration>& calibrations) {
  return ServiceRead(reader, metrics, resources, window, calibrations).Run();
}

absl::StatusOr<std::vector<double>> ReadMinutes(HistoryReader& reader, const std::string& metric,
                                                const EvidenceWindow& window) {
  const absl::Duration back = std::min(window.evidence, absl::Hours(7 * 24));
  const StepGrid grid = StepGrid::Within(window.now - back, window.now, absl::Minutes(1));
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> tracks, reader.Rates(metric, {}, grid));
  if (tracks.empty()) return std::vector<double>(grid.count, kNaN);
  return std::move(tracks.front().values);
}

double BurstOf(const std::vector<double>& minutes) {
  constexpr size_t kHour = 60;
  std::vector<double> ratios;
  for (size_t begin = 0; begin + kHour <= minutes.size(); begin += kHour) {
    std::vector<double> known;
    for (size_t i = begin; i < begin + kHour; ++i) {
      if (!std::isnan(minutes[i])) known.push_back(minutes[i]);
    }
    if (known.size() < kHour / 2 || !(MeanOf(known) > 0)) continue;
    const double mean = MeanOf(known);
    ratios.push_back(QuantileOf(std::move(known), 0.95) / mean);
  }
  return ratios.empty() ? 1 : std::clamp(MedianOf(std::move(ratios)), 1.0, 2.0);
}

absl::Duration StepFor(absl::Duration window, size_t entities, size_t most) {
  constexpr size_t kMostOfOne = 10'000;
  for (const int minutes : {1, 2, 5, 10, 15, 30}) {
    const auto steps = static_cast<size_t>(window / absl::Minutes(minutes));
    if (steps <= kMostOfOne && steps * std::max<size_t>(1, entities) <= most) return absl::Minutes(minutes);
  }
  return absl::Hours(1);
}

absl::StatusOr<std::optional<MetricType>> TypeOfResource(HistoryReader& reader, const ResourceSpec& spec,
                                                         absl::Time from, absl::Time to) {
  return reader.TypeOf(spec.utilization.empty() ? spec.used : spec.utilization, from, to);
}

absl::StatusOr<std::vector<Track>> ReadUtilization(HistoryReader& reader, const ResourceSpec& spec, MetricType type,
                                                   const std::string& entity_tag, const StepGrid& grid) {
  std::vector<std::string> by = {entity_tag};
  by.insert(by.end(), spec.by.begin(), spec.by.end());
  if (spec.utilization.empty()) return reader.Quotients(spec.used, spec.capacity, by, grid);
  return IsDistribution(type) ? reader.Distributions(spec.utilization, by, grid)
                              : reader.Means(spec.utilization, by, grid);
}

}  // namespace tributary
