#include "cli/capacity/capacity_command.h"

#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
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
  tributary capacity forecast --input hourly.csv --horizon 48
  tributary capacity forecast --input minutes.csv --per-day 1440 --horizon 2880 -o csv

The file is CSV with a column `value`, one value per step, oldest first; an empty cell is a gap.

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

int Forecast(const CLI::App& app, const Options& options) {
  const absl::StatusOr<NumberColumns> columns = NumberColumns::Read(options.input);
  if (!columns.ok()) return Failure(app, columns.status().message());
  return Print(app, ForecastFindings(*columns, options.forecast), options.output);
}

void AddFileOptions(CLI::App& command, Options& options) {
  command.add_option("--input", options.input, "the numbers; - is standard input")->required()->type_name("FILE");
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
  AddFileOptions(*command, options);
  command->footer(kFitExamples);
  return command;
}

CLI::App* AddForecast(CLI::App& capacity, Options& options) {
  CLI::App* command = capacity.add_subcommand("forecast", "Forecast a series with days and weeks");
  command->add_option("--horizon", options.forecast.horizon, "so many steps ahead")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--per-day", options.forecast.day, "steps in a day")->type_name("N")->capture_default_str();
  command->add_option("--interval", options.forecast.confidence, "what share of values the interval is to hold")
      ->type_name("SHARE")
      ->capture_default_str();
  AddFileOptions(*command, options);
  command->footer(kForecastExamples);
  return command;
}

}  // namespace

Command AddCapacityCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("capacity", "Answer what load can be taken");
  command->require_subcommand(1);
  CLI::App* fit = AddFit(*command, *options);
  CLI::App* forecast = AddForecast(*command, *options);
  return {.app = command, .run = [fit, forecast, options] {
            return fit->parsed() ? Fit(*fit, *options) : Forecast(*forecast, *options);
          }};
}

}  // namespace tributary
