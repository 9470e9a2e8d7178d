#include "cli/capacity/capacity_command.h"

#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/capacity/cluster_commands.h"
#include "cli/capacity/fits.h"

namespace tributary {
namespace {

constexpr char kFitExamples[] = R"(Examples:
  tributary capacity fit usl --input loadtest.csv --at 250
  tributary capacity fit mmc --input queues.csv -o json
  tributary capacity fit holt-winters --input monthly.csv --period 12 --season multiplicative

The files are CSV with a line of titles:
  usl           load,throughput
  mmc           load,latency (mean, in seconds), or servers,service_rate,load
  holt-winters  value

Exit status: 0 fitted, 1 the numbers cannot be fitted so, 2 the words are wrong.)";

constexpr char kForecastExamples[] = R"(Examples:
  tributary capacity forecast --metric api.requests --horizon 14d
  tributary capacity forecast --service api --holiday 2025-12-25 --holiday 2025-12-26
  tributary capacity forecast --input hourly.csv --horizon 48
  tributary capacity forecast --input minutes.csv --per-day 1440 --horizon 2880 -o csv

Of a cluster the horizon is a time (14d), and --service draws its capacity as a line. A file is CSV with a column
`value`, one value per step, oldest first; an empty cell is a gap. There the horizon is a number of steps (48).

Exit status: 0 forecast, 1 the history does not allow it, 2 the words are wrong.)";

struct Options {
  std::string model;
  std::string input;
  std::string output = "table";
  std::vector<double> at;
  size_t period = 24;
  std::string season = "additive";
  size_t horizon = 0;
  ForecastQuestion forecast;
  std::string forecast_horizon;
  ClusterForecast cluster;
};

int Print(const CLI::App& app, const absl::StatusOr<Findings>& findings, const std::string& output) {
  if (!findings.ok()) return Failure(app, findings.status().message());
  return PrintText(TextOf(*findings, output));
}

int Fit(const CLI::App& app, const Options& options) {
  const absl::StatusOr<NumberColumns> columns = NumberColumns::Read(options.input);
  if (!columns.ok()) return Failure(app, columns.status().message());
  if (options.model == "usl") return Print(app, UslFindings(*columns, options.at), options.output);
  if (options.model == "mmc") return Print(app, MmcFindings(*columns), options.output);
  const auto season =
      options.season == "additive" ? HoltWinters::Season::kAdditive : HoltWinters::Season::kMultiplicative;
  return Print(app, HoltWintersFindings(*columns, options.period, season, options.horizon), options.output);
}

int Forecast(const CLI::App& app, Options& options) {
  const int sources = static_cast<int>(!options.input.empty()) + static_cast<int>(!options.cluster.metric.empty()) +
                      static_cast<int>(!options.cluster.service.empty());
  if (sources != 1) return UsageError(app, "give one of --metric, --service and --input");
  if (options.input.empty()) {
    options.cluster.horizon = options.forecast_horizon;
    options.cluster.interval = absl::StrCat(options.forecast.confidence);
    options.cluster.output = options.output;
    return RunClusterForecast(app, options.cluster);
  }
  if (!options.forecast_horizon.empty() && !absl::SimpleAtoi(options.forecast_horizon, &options.forecast.horizon)) {
    return UsageError(app, "--horizon of a file is a number of steps, such as 48");
  }
  const absl::StatusOr<NumberColumns> columns = NumberColumns::Read(options.input);
  if (!columns.ok()) return Failure(app, columns.status().message());
  return Print(app, ForecastFindings(*columns, options.forecast), options.output);
}

void AddFileOptions(CLI::App& command, Options& options, bool required) {
  CLI::Option* input = command.add_option("--input", options.input, "the numbers; - is standard input");
  input->type_name("FILE")->required(required);
  AddChoice(command.add_option("-o,--output", options.output, "how it is printed")->capture_default_str(),
            {"table", "json", "csv"});
  AddColourOption(command);
}

CLI::App* AddFit(CLI::App& capacity, Options& options) {
  CLI::App* command = capacity.add_subcommand("fit", "Fit a law to numbers of your own");
  AddChoice(command->add_option("MODEL", options.model, "the law")->required(), {"usl", "mmc", "holt-winters"});
  command->add_option("--at", options.at, "usl: say the throughput at this load")
      ->type_name("LOAD")
      ->allow_extra_args(false);
  command->add_option("--period", options.period, "holt-winters: values in a season")
      ->type_name("N")
      ->capture_default_str();
  AddChoice(
      command->add_option("--season", options.season, "holt-winters: how the season comes in")->capture_default_str(),
      {"additive", "multiplicative"});
  command->add_option("--horizon", options.horizon, "holt-winters: forecast so many values")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  AddFileOptions(*command, options, true);
  command->footer(kFitExamples);
  return command;
}

CLI::App* AddForecast(CLI::App& capacity, Options& options) {
  CLI::App* command = capacity.add_subcommand("forecast", "Forecast a series with days and weeks");
  command->add_option("--metric", options.cluster.metric, "a metric of the cluster: its rate, or a gauge's mean")
      ->type_name("NAME");
  command->add_option("--service", options.cluster.service, "the load of a service, and its capacity")
      ->type_name("NAME");
  command->add_option("--horizon", options.forecast_horizon, "how far ahead: 14d; of a file so many steps: 48")
      ->type_name("TIME");
  command->add_option("--history", options.cluster.history, "of a cluster: how far back")
      ->type_name("DURATION")
      ->capture_default_str();
  AddListOption(*command, "--holiday", options.cluster.holidays, "DAY",
                "2025-12-25: no everyday traffic; may be repeated");
  command->add_option("--per-day", options.forecast.day, "steps in a day")->type_name("N")->capture_default_str();
  command->add_option("--interval", options.forecast.confidence, "what share of values the interval is to hold")
      ->type_name("SHARE")
      ->capture_default_str();
  AddFileOptions(*command, options, false);
  AddProxyOption(*command, options.cluster.proxy);
  command->footer(kForecastExamples);
  return command;
}

}  // namespace

Command AddCapacityCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("capacity", "Answer what load can be taken, and what is near its limit");
  command->require_subcommand(1);
  CLI::App* fit = AddFit(*command, *options);
  CLI::App* forecast = AddForecast(*command, *options);
  const std::vector<Command> others = {AddHeadroomCommand(*command), AddLaunchCommand(*command),
                                       AddCalibrateCommand(*command), AddReportCommand(*command)};
  return {.app = command, .run = [fit, forecast, others, options] {
            for (const Command& other : others) {
              if (other.app->parsed()) return other.run();
            }
            return fit->parsed() ? Fit(*fit, *options) : Forecast(*forecast, *options);
          }};
}

}  // namespace tributary
