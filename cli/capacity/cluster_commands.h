#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/http_target.h"

namespace tributary {

// `tributary capacity headroom`, `launch`, `calibrate` and `report`: what a proxy answers over its cluster's history.
Command AddHeadroomCommand(CLI::App& capacity);
Command AddLaunchCommand(CLI::App& capacity);
Command AddCalibrateCommand(CLI::App& capacity);
Command AddReportCommand(CLI::App& capacity);

// `tributary capacity forecast --metric` or `--service`.
struct ClusterForecast {
  std::string metric;
  std::string service;
  std::string horizon;  // a duration
  std::string history = "28d";
  std::string interval = "0.95";
  std::vector<std::string> holidays;
  std::string output = "table";
  HttpTarget proxy;
};
int RunClusterForecast(const CLI::App& app, const ClusterForecast& options);

}  // namespace tributary
