#pragma once

#include <cstddef>
#include <string>

#include "cli/capacity/fit_text.h"
#include "cli/terminal.h"
#include "nlohmann/json.hpp"

namespace tributary {

// Answers of a proxy's capacity endpoints (docs/capacity.md), for people. What is not as expected there throws, as
// nlohmann::json does; callers catch it.

Findings HeadroomFindings(const nlohmann::json& data);
// The chart above the sentences; `width` of the terminal. Its table has a row an hour.
Findings CapacityForecastFindings(const nlohmann::json& data);
std::string ForecastChart(const nlohmann::json& data, size_t width);
Findings LaunchFindings(const nlohmann::json& data);
// The verdict, in its colour.
std::string VerdictLine(const nlohmann::json& data, const Style& style);
Findings CalibrationFindings(const nlohmann::json& data);

}  // namespace tributary
