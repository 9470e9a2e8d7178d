#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rules/rules_config.h"
#include "proxy/capacity/calibration.h"
#include "proxy/capacity/history.h"
#include "proxy/capacity/resource_spec.h"
#include "proxy/capacity/service_model.h"

namespace tributary {

struct EvidenceWindow {
  absl::Time now;                                 // what is later is not looked at
  absl::Duration evidence = absl::Hours(7 * 24);  // of loads, latencies and utilisation
  absl::Duration demand = absl::Hours(28 * 24);   // hour by hour
  std::vector<Span> holidays = {};                // of the demand, not everyday traffic
};

// Of a service in the configuration: which of its metrics tell what.
//
// By host: `<metric>.by_host`, which agents keep for services; where there are no such rows, the metric itself.
class ServiceMetrics {
 public:
  // NotFound: no such service. FailedPrecondition: it has neither rate nor duration.
  static absl::StatusOr<ServiceMetrics> Find(const std::vector<ServiceSpec>& services, const std::string& name);
  explicit ServiceMetrics(const ServiceSpec& spec) : spec_(spec) {}

  const std::string& name() const { return spec_.name; }
  // A counter, or a distribution of which the samples count.
  const std::string& rate() const { return spec_.rate.empty() ? spec_.duration : spec_.rate; }
  const std::string& duration() const { return spec_.duration; }

 private:
  ServiceSpec spec_;
};

// The metric to ask for hosts.
absl::StatusOr<std::string> ByHostMetric(HistoryReader& reader, const std::string& metric, absl::Time from,
                                         absl::Time to);

// Requests a second, hour by hour, up to the last whole hour. `forgotten` hours are not known. FailedPrecondition:
// nothing came in this time.
absl::StatusOr<HourlySeries> ReadDemand(HistoryReader& reader, const std::string& metric, const EvidenceWindow& window,
                                        const std::vector<Span>& forgotten);

// Everything that a launch is judged by. Steps are so long that hosts times steps stay below kMostSteps; calibrated
// spans are read minute by minute, in place of the longer steps that meet them.
constexpr size_t kMostSteps = 30'000;
absl::StatusOr<ServiceModel> ReadService(HistoryReader& reader, const ServiceMetrics& metrics,
                                         const std::vector<ResourceSpec>& resources, const EvidenceWindow& window,
                                         const std::vector<Calibration>& calibrations);

// Rates of the whole service minute by minute, over seven days at most.
absl::StatusOr<std::vector<double>> ReadMinutes(HistoryReader& reader, const std::string& metric,
                                                const EvidenceWindow& window);

// The 95th percentile of an hour's minutes by their mean; the median over hours; 1 to 2.
double BurstOf(const std::vector<double>& minutes);

// The shortest of 1, 2, 5, 10, 15, 30 and 60 minutes that makes at most `most` steps of all entities, and 10,000 of
// each.
absl::Duration StepFor(absl::Duration window, size_t entities, size_t most);

// Utilisation of one resource by entity and instance; `type` is that of its metric. Gauges have no distributions.
absl::StatusOr<std::vector<Track>> ReadUtilization(HistoryReader& reader, const ResourceSpec& spec, MetricType type,
                                                   const std::string& entity_tag, const StepGrid& grid);
// Type of the metric that tells it; nothing when it has no rows in the window.
absl::StatusOr<std::optional<MetricType>> TypeOfResource(HistoryReader& reader, const ResourceSpec& spec,
                                                         absl::Time from, absl::Time to);

}  // namespace tributary
