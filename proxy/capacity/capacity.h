#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rules/rules_config.h"
#include "proxy/capacity/calibration.h"
#include "proxy/capacity/elasticity.h"
#include "proxy/capacity/headroom.h"
#include "proxy/capacity/history.h"
#include "proxy/capacity/launch.h"
#include "proxy/capacity/resource_spec.h"

namespace tributary {

struct HeadroomRequest {
  std::string service;      // only its hosts; empty: all
  std::string by = "host";  // a tag: host, pod, zone
  absl::Duration window = absl::Hours(7 * 24);
  HeadroomQuestion question;
};
struct HeadroomAnswer {
  absl::Time now;
  HeadroomReport report;
  std::vector<std::string> notes;
};

struct ForecastRequest {
  std::string metric;   // or
  std::string service;  // of whose rate
  absl::Duration horizon = absl::Hours(14 * 24);
  absl::Duration history = absl::Hours(28 * 24);
  double confidence = 0.95;
  std::vector<Span> holidays;
};
// The load at which the first resource of the service reaches its limit.
struct CapacityLine {
  double load = 0;
  std::string resource;
  std::string host;
};
struct ForecastAnswer {
  std::string metric;
  bool is_rate = true;  // samples a second; else the mean of a gauge
  HourlySeries history;
  HourlyForecast forecast;
  std::optional<CapacityLine> capacity;
  std::vector<std::string> notes;
};

struct DependencyWord {
  std::string service;
  double elasticity = 0;
};
struct LaunchRequest {
  std::string service;
  LaunchQuestion question;
  absl::Duration window = absl::Hours(7 * 24);
  std::vector<Span> holidays;                // no everyday traffic
  bool find_dependencies = true;             // of the services in the configuration
  std::vector<DependencyWord> dependencies;  // else these
};
struct DependencyFinding {
  std::string service;
  Elasticity elasticity;
  bool included = false;
};
struct LaunchReport {
  LaunchAnswer answer;
  std::vector<DependencyFinding> dependencies;
  size_t hosts = 0;
  size_t calibrations = 0;
  std::string latency_law;  // empty: none
  std::vector<std::string> notes;
};

struct CalibrationReport {
  Calibration calibration;
  double highest_host_load = 0;  // in a minute of the span
  double before = 0;             // the highest in the week before
  size_t minutes = 0;            // that have rows
  std::vector<std::string> notes;
};

// Answers the two questions of capacity over the cluster's store. Asks through History, decides in pure functions
// (headroom.h, demand.h, launch.h).
//
// Bounds:  at most kMaxConcurrent answers at once, more are Unavailable; each asks the store for at most kMaxTime.
// Errors:  InvalidArgument: the question makes no sense; NotFound: no such service or metric; FailedPrecondition: too
//          little is known, and what; else as the queries have it.
// Threads: thread-safe. `history` and `book` outlive it.
class Capacity {
 public:
  static constexpr int kMaxConcurrent = 2;
  static constexpr absl::Duration kMaxTime = absl::Seconds(60);

  Capacity(History& history, CalibrationBook& book) : history_(history), book_(book) {}

  // What the configuration says; may change while others ask.
  void Configure(std::vector<ServiceSpec> services, std::vector<ResourceSpec> resources);
  std::vector<std::string> ServiceNames() const;

  absl::StatusOr<HeadroomAnswer> Headroom(const HeadroomRequest& request);
  absl::StatusOr<ForecastAnswer> Forecast(const ForecastRequest& request);
  absl::StatusOr<LaunchReport> Launch(const LaunchRequest& request);

  absl::StatusOr<std::vector<Calibration>> Calibrations() { return book_.List(); }
  // Checks that the span has rows of the service, and keeps it.
  absl::StatusOr<CalibrationReport> Calibrate(const Calibration& calibration);
  absl::Status Forget(const Calibration& calibration) { return book_.Remove(calibration); }
  absl::Time Now() const { return history_.Now(); }

 private:
  struct Specs {
    std::vector<ServiceSpec> services;
    std::vector<ResourceSpec> resources;
  };
  std::shared_ptr<const Specs> CurrentSpecs() const;
  absl::Status Enter();
  absl::StatusOr<std::vector<Calibration>> KnownCalibrations(HistoryReader& reader);

  History& history_;
  CalibrationBook& book_;
  mutable Mutex mutex_;
  std::shared_ptr<const Specs> specs_ ABSL_GUARDED_BY(mutex_) = std::make_shared<Specs>();
  std::atomic<int> running_{0};
};

}  // namespace tributary
