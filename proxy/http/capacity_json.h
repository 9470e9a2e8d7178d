#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "proxy/capacity/capacity.h"

namespace tributary {

// Answers about capacity as the `data` of the envelope; docs/capacity.md has the shapes.
//
// Units:   times are Unix seconds, loads requests a second, utilisations shares; what else there is, the key says.
// Unknown: null, also for infinity: JSON has no number for it.
// Order:   keys as below, which is the order people read them in.
// Threads: pure functions.

// `services` are all that the configuration names.
nlohmann::ordered_json HeadroomJson(const HeadroomRequest& request, const HeadroomAnswer& answer,
                                    const std::vector<std::string>& services);
nlohmann::ordered_json ForecastJson(const ForecastRequest& request, const ForecastAnswer& answer);
nlohmann::ordered_json LaunchJson(const LaunchRequest& request, const LaunchReport& report);
nlohmann::ordered_json CalibrationJson(const Calibration& calibration);
nlohmann::ordered_json CalibrationReportJson(const CalibrationReport& report);

}  // namespace tributary
