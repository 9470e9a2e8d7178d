#include "proxy/capacity/capacity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/stats/sample.h"
#include "proxy/capacity/service_reader.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMaxServicesOnHosts = 8;  // whose loads are compared with utilisation
constexpr size_t kHeadroomSteps = 20'000;
constexpr absl::Duration kLongestWindow = absl::Hours(180 * 24);

absl::Status CheckWindow(absl::Duration window, absl::string_view name) {
  if (window >= absl::Minutes(1) && window <= kLongestWindow) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the ", name, " must be 1 minute to 180 days"));
}

// Mean by hour of what is known in steps.
HourlySeries HourlyOf(const StepGrid& grid, const std::vector<double>& values) {
  std::map<absl::Time, std::pair<double, size_t>> hours;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    const absl::Time begin = grid.EndOf(i) - grid.step;
    auto& [sum, count] = hours[absl::UnixEpoch() + absl::Floor(begin - absl::UnixEpoch(), absl::Hours(1))];
    sum += values[i];
    ++count;
  }
  HourlySeries hourly;
  if (hours.empty()) return hourly;
  hourly.start = hours.begin()->first;
  for (const auto& [hour, sum] : hours) {
    const auto i = static_cast<size_t>((hour - hourly.start) / absl::Hours(1));
    hourly.values.resize(i + 1, kNaN);
    hourly.values[i] = sum.first / static_cast<double>(sum.second);
  }
  return hourly;
}

// Loads of entities in one service.
struct ServiceLoads {
  std::string service;
  std::map<std::string, std::vector<double>> by_entity;
};

// The service whose load explains best what an entity uses.
const ServiceLoads* BestOf(const std::vector<ServiceLoads>& services, const std::string& entity,
                           const std::vector<double>& values) {
  const ServiceLoads* best = nullptr;
  double highest = -1;
  for (const ServiceLoads& service : services) {
    const auto loads = service.by_entity.find(entity);
    if (loads == service.by_entity.end()) continue;
    const double r_squared = services.size() == 1 ? 0 : FitUtilization(loads->second, values).r_squared;
    if (best != nullptr && !(r_squared > highest)) continue;
    best = &service;
    highest = std::isnan(r_squared) ? -1 : r_squared;
  }
  return best;
}

bool IsTag(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '"'; });
}

double HighestOf(const std::vector<Track>& tracks) {
  double highest = 0;
  for (const Track& track : tracks) {
    for (const double value : track.values) highest = value > highest ? value : highest;
  }
  return highest;
}

std::optional<CapacityLine> LineOf(const ServiceModel& model) {
  std::optional<CapacityLine> line;
  for (const HostResource& resource : model.resources) {
    const size_t host = model.IndexOf(resource.host);
    if (!resource.grows_with_load || resource.line.points == 0 || host == model.hosts.size()) continue;
    const double load = resource.line.LoadAt(resource.limit) / model.shares[host];
    if (!std::isfinite(load) || (line && line->load <= load)) continue;
    line = CapacityLine{load, resource.resource, resource.host};
  }
  return line;
}

}  // namespace

void Capacity::Configure(std::vector<ServiceSpec> services, std::vector<ResourceSpec> resources) {
  auto specs = std::make_shared<Specs>();
  specs->services = std::move(services);
  specs->resources = std::move(resources);
  MutexLock lock(mutex_);
  specs_ = std::move(specs);
}

std::shared_ptr<const Capacity::Specs> Capacity::CurrentSpecs() const {
  MutexLock lock(mutex_);
  return specs_;
}

std::vector<std::string> Capacity::ServiceNames() const {
  std::vector<std::string> names;
  for (const ServiceSpec& spec : CurrentSpecs()->services) names.push_back(spec.name);
  return names;
}

absl::Status Capacity::Enter() {
  if (running_.fetch_add(1) < kMaxConcurrent) return absl::OkStatus();
  running_.fetch_sub(1);
  return absl::UnavailableError(absl::StrCat("more than ", kMaxConcurrent, " questions of capacity at once"));
}

// Without them the answer is still worth something: it is more careful.
absl::StatusOr<std::vector<Calibration>> Capacity::KnownCalibrations(HistoryReader& reader) {
  absl::StatusOr<std::vector<Calibration>> calibrations = book_.List();
  if (calibrations.ok()) return calibrations;
  reader.Note(absl::StrCat("calibrated load tests are not known: ", calibrations.status().message()));
  return std::vector<Calibration>();
}

absl::StatusOr<HeadroomAnswer> Capacity::Headroom(const HeadroomRequest& request) {
  TRIBUTARY_RETURN_IF_ERROR(CheckWindow(request.window, "window"));
  if (!IsTag(request.by)) return absl::InvalidArgumentError("`by` must be a tag, such as host, pod or zone");
  if (!(request.question.quantile > 0 && request.question.quantile <= 1)) {
    return absl::InvalidArgumentError("q must be more than 0 and at most 1");
  }
  if (request.question.target && !(*request.question.target > 0 && *request.question.target <= 1)) {
    return absl::InvalidArgumentError("the target must be more than 0 and at most 1");
  }
  const std::shared_ptr<const Specs> specs = CurrentSpecs();
  std::vector<ServiceMetrics> services;
  if (!request.service.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics metrics, ServiceMetrics::Find(specs->services, request.service));
    services.push_back(metrics);
  } else {
    for (const ServiceSpec& spec : specs->services) {
      if (services.size() < kMaxServicesOnHosts && !(spec.rate.empty() && spec.duration.empty())) {
        services.emplace_back(spec);
      }
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  HistoryReader reader(history_, history_.Now() + kMaxTime);
  const absl::Time now = reader.Now();
  const absl::Time from = now - request.window;

  // Who there is, from a single step; then steps that are not too many.
  const std::vector<std::string> by = {request.by};
  std::vector<std::optional<MetricType>> types;
  size_t entities = 0;
  bool any = false;
  for (const ResourceSpec& spec : specs->resources) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<MetricType> type, TypeOfResource(reader, spec, from, now));
    types.push_back(type);
    any |= type.has_value();
  }
  if (!any) {
    return absl::FailedPreconditionError(
        absl::StrCat("no resource has rows in the window: agents tell of their hosts unless host_metrics.enabled is "
                     "false, and `resources` names other metrics"));
  }
  StepGrid whole{now - request.window, request.window, 1};
  std::vector<std::vector<Track>> wholes(types.size());
  for (size_t r = 0; r < types.size(); ++r) {
    if (!types[r]) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(wholes[r], ReadUtilization(reader, specs->resources[r], *types[r], request.by, whole));
    entities = std::max(entities, wholes[r].size());
  }
  const StepGrid grid =
      StepGrid::Within(from, now, std::min(StepFor(request.window, entities, kHeadroomSteps), request.window));

  std::vector<ServiceLoads> loads;
  std::vector<double> entity_loads;
  for (const ServiceMetrics& metrics : services) {
    std::string rate = metrics.rate();
    if (request.by == "host") {
      TRIBUTARY_ASSIGN_OR_RETURN(rate, ByHostMetric(reader, metrics.rate(), from, now));
    }
    // Of a service without such a tag nothing is known by entity.
    const absl::StatusOr<std::vector<Track>> tracks = reader.Rates(rate, by, grid);
    if (!tracks.ok() && !absl::IsFailedPrecondition(tracks.status())) return tracks.status();
    if (!tracks.ok() || tracks->empty()) {
      reader.Note(absl::StrCat("no load by ", request.by, " is known of ", metrics.name()));
      continue;
    }
    ServiceLoads& of = loads.emplace_back();
    of.service = metrics.name();
    for (const Track& track : *tracks) of.by_entity[track.entity] = track.values;
  }
  if (!request.service.empty() && loads.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no load by ", request.by, " is known of ", request.service, ": it cannot be told which are its"));
  }
  if (loads.size() == 1) {
    for (const auto& [entity, values] : loads.front().by_entity) {
      double sum = 0;
      size_t count = 0;
      for (const double value : values) {
        sum += std::isnan(value) ? 0 : value;
        count += std::isnan(value) ? 0 : 1;
      }
      if (count > 0) entity_loads.push_back(sum / static_cast<double>(count));
    }
  }

  std::vector<ResourceUse> uses;
  for (size_t r = 0; r < types.size(); ++r) {
    if (!types[r]) continue;
    const ResourceSpec& spec = specs->resources[r];
    TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Track> steps, ReadUtilization(reader, spec, *types[r], request.by, grid));
    std::vector<std::string> labels = by;
    labels.insert(labels.end(), spec.by.begin(), spec.by.end());
    const std::string newest =
        spec.utilization.empty()
            ? absl::StrCat(Grouped("sum", labels, MetricSelector(spec.used)), " / ",
                           Grouped("sum", labels, MetricSelector(spec.capacity)))
            : Grouped(IsDistribution(*types[r]) ? "sum" : "max", labels, MetricSelector(spec.utilization));
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> current, reader.Newest(newest, labels));
    const auto same = [](const Track& a) {
      return [&a](const Track& b) { return a.entity == b.entity && a.instance == b.instance; };
    };
    for (Track& track : wholes[r]) {
      if (!request.service.empty() && loads.front().by_entity.count(track.entity) == 0) continue;
      ResourceUse use;
      use.entity = track.entity;
      use.instance = track.instance;
      use.spec = &spec;
      if (!track.distributions.empty()) use.distribution = track.distributions.front();
      use.values.assign(grid.count, kNaN);
      if (const auto found = std::find_if(steps.begin(), steps.end(), same(track)); found != steps.end()) {
        use.values = std::move(found->values);
      } else if (use.distribution == nullptr && track.values.front() >= 0) {
        use.values.push_back(track.values.front());  // less than a step's worth
      }
      if (const auto found = std::find_if(current.begin(), current.end(), same(track)); found != current.end()) {
        if (!std::isnan(found->values.front())) use.now = found->values.front();
      }
      if (const ServiceLoads* service = BestOf(loads, track.entity, use.values)) {
        use.service = service->service;
        use.loads = service->by_entity.at(track.entity);
      }
      use.hourly = HourlyOf(grid, use.values);
      uses.push_back(std::move(use));
    }
  }
  HeadroomAnswer answer;
  answer.now = now;
  answer.report = RankHeadroom(uses, entity_loads, request.question);
  answer.notes = reader.notes();
  return answer;
}

absl::StatusOr<ForecastAnswer> Capacity::Forecast(const ForecastRequest& request) {
  TRIBUTARY_RETURN_IF_ERROR(CheckWindow(request.history, "history"));
  if (request.horizon < absl::Hours(1) || request.horizon > kFarthest) {
    return absl::InvalidArgumentError("the horizon must be 1 hour to 60 days");
  }
  if (!(request.confidence > 0 && request.confidence < 1)) {
    return absl::InvalidArgumentError("the interval must be between 0 and 1, such as 0.95");
  }
  if (request.metric.empty() == request.service.empty()) {
    return absl::InvalidArgumentError("give either a metric or a service");
  }
  const std::shared_ptr<const Specs> specs = CurrentSpecs();
  ForecastAnswer answer;
  answer.metric = request.metric;
  if (!request.service.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics metrics, ServiceMetrics::Find(specs->services, request.service));
    answer.metric = metrics.rate();
  }
  TRIBUTARY_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  HistoryReader reader(history_, history_.Now() + kMaxTime);
  const EvidenceWindow window{.now = reader.Now(), .demand = request.history};
  const absl::Time from = window.now - request.history;
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<MetricType> type, reader.TypeOf(answer.metric, from, window.now));
  if (!type) {
    return absl::NotFoundError(absl::StrFormat("no metric called \"%s\" has rows in the last %d days", answer.metric,
                                               static_cast<int>(request.history / absl::Hours(24))));
  }
  if (*type == MetricType::kSet || *type == MetricType::kCheck) {
    return absl::FailedPreconditionError(
        absl::StrCat(answer.metric, " is a ", MetricTypeName(*type), ": only rates and gauges are forecast"));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Calibration> calibrations, KnownCalibrations(reader));
  std::vector<Span> forgotten = request.holidays;
  for (const Calibration& calibration : calibrations) {
    for (const ServiceSpec& spec : specs->services) {
      if (spec.name == calibration.service && (spec.rate == answer.metric || spec.duration == answer.metric)) {
        forgotten.push_back({calibration.from, calibration.to});
      }
    }
  }
  answer.is_rate = *type != MetricType::kGauge;
  if (answer.is_rate) {
    TRIBUTARY_ASSIGN_OR_RETURN(answer.history, ReadDemand(reader, answer.metric, window, forgotten));
  } else {
    const StepGrid grid = StepGrid::Within(from, window.now, absl::Hours(1));
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> tracks, reader.Means(answer.metric, {}, grid));
    if (tracks.empty()) return absl::FailedPreconditionError(absl::StrCat(answer.metric, " has no whole hour of rows"));
    answer.history = {grid.start, tracks.front().values};
    answer.history.TrimStart();
    answer.history.Forget(forgotten);
  }
  const absl::Time until = answer.history.TimeOf(answer.history.values.size()) + request.horizon;
  TRIBUTARY_ASSIGN_OR_RETURN(answer.forecast, ForecastHours(answer.history, until, request.confidence));
  const size_t gaps = answer.history.values.size() - answer.history.KnownHours();
  if (gaps > 0) reader.Note(absl::StrCat(gaps, " of ", answer.history.values.size(), " hours are not known"));
  const double highest = answer.history.Highest();
  if (std::all_of(answer.history.values.begin(), answer.history.values.end(),
                  [highest](double value) { return std::isnan(value) || value == highest; })) {
    reader.Note("the history is constant: nothing is known of how it varies");
  }
  if (!request.service.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics metrics, ServiceMetrics::Find(specs->services, request.service));
    const absl::StatusOr<ServiceModel> model =
        ReadService(reader, metrics, specs->resources, {.now = window.now}, calibrations);
    if (model.ok()) {
      answer.capacity = LineOf(*model);
    } else {
      reader.Note(absl::StrCat("no line of capacity: ", model.status().message()));
    }
  }
  answer.notes = reader.notes();
  return answer;
}

absl::StatusOr<LaunchReport> Capacity::Launch(const LaunchRequest& request) {
  TRIBUTARY_RETURN_IF_ERROR(CheckWindow(request.window, "window"));
  const std::shared_ptr<const Specs> specs = CurrentSpecs();
  TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics metrics, ServiceMetrics::Find(specs->services, request.service));
  for (const DependencyWord& word : request.dependencies) {
    TRIBUTARY_RETURN_IF_ERROR(ServiceMetrics::Find(specs->services, word.service).status());
    if (word.service == request.service || !(word.elasticity >= 0 && word.elasticity <= 1e6)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`depends` has ", word.service, ": name other services, with requests there for one here"));
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  HistoryReader reader(history_, history_.Now() + kMaxTime);
  const EvidenceWindow window{.now = reader.Now(), .evidence = request.window, .holidays = request.holidays};
  if (request.question.at <= window.now) {
    return absl::InvalidArgumentError(
        absl::StrCat("the launch must be in the future, and ", MinuteText(request.question.at), " is not"));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Calibration> calibrations, KnownCalibrations(reader));
  TRIBUTARY_ASSIGN_OR_RETURN(const ServiceModel model,
                             ReadService(reader, metrics, specs->resources, window, calibrations));
  LaunchReport report;
  report.hosts = model.hosts.size();
  for (const Calibration& each : calibrations) report.calibrations += each.service == metrics.name() ? 1 : 0;
  if (model.latency && model.latency->law()) report.latency_law = model.latency->law()->Name();

  if (request.find_dependencies) {
    std::vector<double> minutes;
    for (const ServiceSpec& spec : specs->services) {
      if (spec.name == request.service || (spec.rate.empty() && spec.duration.empty())) continue;
      if (report.dependencies.size() >= 2 * kMaxServicesOnHosts) {
        reader.Note("of many services, only the first 16 were looked at");
        break;
      }
      if (minutes.empty()) {
        TRIBUTARY_ASSIGN_OR_RETURN(minutes, ReadMinutes(reader, metrics.rate(), window));
      }
      TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<double> others,
                                 ReadMinutes(reader, ServiceMetrics(spec).rate(), window));
      if (const auto elasticity = FitElasticity(minutes, others)) {
        report.dependencies.push_back({spec.name, *elasticity, elasticity->Follows()});
      }
    }
  } else {
    for (const DependencyWord& word : request.dependencies) {
      Elasticity elasticity{.slope = word.elasticity, .low = word.elasticity, .high = word.elasticity};
      elasticity.r_squared = kNaN;
      report.dependencies.push_back({word.service, elasticity, true});
    }
  }
  std::vector<Dependency> dependencies;
  for (DependencyFinding& finding : report.dependencies) {
    if (!finding.included) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics other, ServiceMetrics::Find(specs->services, finding.service));
    absl::StatusOr<ServiceModel> read = ReadService(reader, other, specs->resources, window, calibrations);
    if (!read.ok()) {
      finding.included = false;
      reader.Note(absl::StrCat(finding.service,
                               " gets more load too, and is no part of the verdict: ", read.status().message()));
      continue;
    }
    const Elasticity& elasticity = finding.elasticity;
    dependencies.push_back({*std::move(read), elasticity.slope, elasticity.low, elasticity.high});
  }
  TRIBUTARY_ASSIGN_OR_RETURN(report.answer, JudgeLaunch(model, dependencies, request.question));
  report.notes = reader.notes();
  return report;
}

absl::StatusOr<CalibrationReport> Capacity::Calibrate(const Calibration& calibration) {
  const std::shared_ptr<const Specs> specs = CurrentSpecs();
  TRIBUTARY_ASSIGN_OR_RETURN(const ServiceMetrics metrics, ServiceMetrics::Find(specs->services, calibration.service));
  if (calibration.to <= calibration.from || calibration.to - calibration.from > absl::Hours(24)) {
    return absl::InvalidArgumentError("a load test takes more than nothing and at most 24 hours");
  }
  if (calibration.to > history_.Now()) return absl::InvalidArgumentError("a load test lies in the past");
  TRIBUTARY_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  HistoryReader reader(history_, history_.Now() + kMaxTime);
  const absl::Time week_before = calibration.from - absl::Hours(7 * 24);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string rate, ByHostMetric(reader, metrics.rate(), week_before, calibration.to));
  const StepGrid grid = StepGrid::Within(calibration.from, calibration.to, absl::Minutes(1));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> tracks, reader.Rates(rate, {"host"}, grid));
  CalibrationReport report;
  report.calibration = calibration;
  for (size_t i = 0; i < grid.count; ++i) {
    report.minutes +=
        std::any_of(tracks.begin(), tracks.end(), [i](const Track& track) { return !std::isnan(track.values[i]); }) ? 1
                                                                                                                    : 0;
  }
  if (report.minutes == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("no whole minute of that time has rows of ", rate, " by host: there is nothing to go by"));
  }
  report.highest_host_load = HighestOf(tracks);
  const StepGrid before =
      StepGrid::Within(week_before, calibration.from, StepFor(absl::Hours(7 * 24), tracks.size(), kMostSteps));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Track> earlier, reader.Rates(rate, {"host"}, before));
  report.before = HighestOf(earlier);
  if (report.highest_host_load <= report.before) {
    reader.Note(absl::StrFormat("no host had more load than before (%.4g a second): this test adds little evidence",
                                report.before));
  }
  TRIBUTARY_RETURN_IF_ERROR(book_.Add(calibration));
  report.notes = reader.notes();
  return report;
}

}  // namespace tributary
