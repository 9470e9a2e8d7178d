#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/capacity/demand.h"
#include "proxy/capacity/fleet_tail.h"
#include "proxy/capacity/launch_constraint.h"
#include "proxy/capacity/launch_question.h"
#include "proxy/capacity/service_model.h"

namespace tributary {

// What is as sure as this is taken for certain: a verdict of YES, enough replicas, the load that a host must stand.
inline constexpr double kSure = 0.95;

// One service that the launch brings load to: the one that was asked about, or one that gets load from it. It is filled
// step by step, see JudgeLaunch.
//
// Shape:   one value per path in each of `usual`, `launch`, `need` and `unknown`.
// Units:   loads are requests a second of the whole service in its busiest moment, a busy minute included.
// Replicas: those that are added share the load evenly, so that they divide it: a path's need is its load by the load
// at
//          which something breaks, and the smallest number of hosts that does is a quantile of the needs.
// Threads: thread-compatible. The model outlives it.
struct LaunchPart {
  const ServiceModel* model;
  const Dependency* dependency;  // null: the service that was asked about
  size_t added_replicas = 0;
  HourlyForecast forecast = {};
  std::vector<ShareGroup> groups = {};
  double largest_share = 0;  // of one host
  std::vector<LaunchConstraint> constraints = {};

  std::vector<double> usual = {};   // the highest load
  std::vector<double> launch = {};  // the same, with the launch, as if there were no more replicas
  std::vector<double> need = {};    // that by the load at which something breaks
  std::vector<bool> unknown = {};   // beyond what any law of latency tells

  // What added replicas leave of a load to the hosts there are.
  double Replicated() const;
  // Quantile of `launch`, as the hosts there are feel it with the added replicas beside them.
  double LaunchLoad(double q) const;
  // The same, of the busiest host.
  double HostLoad(double q) const;
};

// One with a forecast, without constraints and paths. `dependency` is null for the service that was asked about;
// `model` and `dependency` outlive it. Errors:  those of ForecastHours, with the service's name; InvalidArgument: the
// launch begins before the forecast.
absl::StatusOr<LaunchPart> ForecastPart(const ServiceModel& model, const Dependency* dependency,
                                        const LaunchQuestion& question);

}  // namespace tributary
