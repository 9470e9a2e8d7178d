#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/http_message.h"
#include "proxy/capacity/capacity.h"

namespace tributary {

// Questions of capacity, read from a request's parameters; docs/capacity.md has their names, units and defaults.
//
// Absent:  a parameter that is empty or not there keeps the default of its struct, unless it has to be given.
// Bounds:  at most 8 goals, 60 holidays, 16 dependencies; notes of 500 bytes, services of calibrations of 200.
// Errors:  InvalidArgument, with the parameter's name. Whether the numbers make sense is for Capacity to say.

absl::StatusOr<HeadroomRequest> HeadroomRequestOf(const HttpRequest& http);
absl::StatusOr<ForecastRequest> ForecastRequestOf(const HttpRequest& http);
absl::StatusOr<LaunchRequest> LaunchRequestOf(const HttpRequest& http);

struct CalibrationRequest {
  Calibration calibration;
  bool remove = false;  // it is forgotten, not marked
};
absl::StatusOr<CalibrationRequest> CalibrationRequestOf(const HttpRequest& http);

// "p99<300ms", "p99.9 < 0.3": a quantile and a target. Targets with a unit are taken in milliseconds, the unit of
// StatsD's timers; a bare number is in the metric's own. InvalidArgument otherwise.
absl::StatusOr<LatencyGoal> ParseGoal(absl::string_view text);
// "auto", "none", or "db:1.8,cache:0.4", into the request.
absl::Status ParseDependencies(absl::string_view text, LaunchRequest& request);

}  // namespace tributary
