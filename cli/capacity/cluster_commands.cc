#include "cli/capacity/cluster_commands.h"

#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/capacity/answer_text.h"
#include "cli/capacity/capacity_api.h"
#include "cli/capacity/report_html.h"
#include "cli/terminal.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr char kHeadroomExamples[] = R"(Examples:
  tributary capacity headroom
  tributary capacity headroom --service api --by zone --window 1d
  tributary capacity headroom --top 100 -o csv

"x to limit" is by how much load may grow from its peak until that resource is at its limit; "first" marks the resource
of a host that gets there first. Each proxy's configuration has the resources and their limits (docs/capacity.md).

Exit status: 0 answered, 1 it cannot be answered, 2 the words are wrong.)";

constexpr char kLaunchExamples[] = R"(Examples:
  tributary capacity launch --service api --multiplier 3 --at 2026-01-15T09:00 --for 2h --slo 'p99<300ms'
  tributary capacity launch --service api --multiplier 3 --at 2026-01-15T09:00 --replicas +2 --depends db:1.8

YES: all limits and goals hold with a probability of 95 %; RISKY: of 50 %; NO: of less. UNKNOWN: nothing that was ever
seen tells, as for a load over 1.25 times the highest one; the load test that would tell is named.

Exit status: 0 YES, 1 anything else, 2 the words are wrong.)";

constexpr char kCalibrateExamples[] = R"(Examples:
  tributary capacity calibrate --service api --from 2026-01-14T10:00 --to 2026-01-14T10:30
  tributary capacity calibrate

Marks a load test: what hosts did then is evidence for high loads, and is not taken for everyday traffic. The globals
keep it. Without --from it lists what is marked; --remove forgets. Only from a proxy's own machine, unless its
configuration has `http: {admin: any}`.

Exit status: 0 done, 1 not done, 2 the words are wrong.)";

constexpr char kReportExamples[] = R"(Examples:
  tributary capacity report --service api --output launch.html
  tributary capacity report --service api --multiplier 3 --at 2026-01-15T09:00 --slo 'p99<300ms' --output launch.html

One HTML file with charts that needs nothing else, to hand to others.

Exit status: 0 written, 1 nothing could be answered, 2 the words are wrong.)";

int Refuse(const CLI::App& app, const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? UsageError(app, status.message()) : Failure(app, status.message());
}

// What a proxy said, with `print`; an answer of another shape is a failure.
int Show(const CLI::App& app, const absl::StatusOr<nlohmann::json>& data,
         const std::function<int(const nlohmann::json&)>& print) {
  if (!data.ok()) return Refuse(app, data.status());
  try {
    return print(*data);
  } catch (const nlohmann::json::exception& error) {
    return Failure(app, absl::StrCat("the answer is not as expected: ", error.what()));
  }
}

void AddOutput(CLI::App& command, std::string& output) {
  AddChoice(command.add_option("-o,--output", output, "how it is printed")->capture_default_str(),
            {"table", "json", "csv"});
  AddColourOption(command);
}

void AddGiven(Parameters& parameters, const char* name, const std::string& value) {
  if (!value.empty()) parameters.emplace_back(name, value);
}

struct HeadroomOptions {
  std::string service, by = "host", window = "7d", top = "20", quantile, target;
  std::string output = "table";
  HttpTarget proxy;

  Parameters Words() const {
    Parameters words = {{"by", by}, {"window", window}, {"top", top}};
    AddGiven(words, "service", service);
    AddGiven(words, "q", quantile);
    AddGiven(words, "target", target);
    return words;
  }
};

struct LaunchOptions {
  std::string service, multiplier, at, length = "2h", ramp, share, replicas, depends = "auto", window, paths, seed;
  std::vector<std::string> goals, holidays;
  std::string output = "table";
  HttpTarget proxy;

  absl::StatusOr<Parameters> Words() const {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::string when, TimeWord(at));
    TRIBUTARY_ASSIGN_OR_RETURN(const std::string depend, DependsWord(depends));
    Parameters words = {
        {"service", service}, {"multiplier", multiplier}, {"at", when}, {"for", length}, {"depends", depend}};
    for (const std::string& goal : goals) words.emplace_back("slo", goal);
    for (const std::string& day : holidays) words.emplace_back("holiday", day);
    AddGiven(words, "ramp", ramp);
    AddGiven(words, "share", share);
    AddGiven(words, "replicas", std::string(absl::StripPrefix(replicas, "+")));
    AddGiven(words, "window", window);
    AddGiven(words, "paths", paths);
    AddGiven(words, "seed", seed);
    return words;
  }
};

void AddLaunchWords(CLI::App& command, LaunchOptions& options, bool required) {
  CLI::Option* multiplier =
      command.add_option("--multiplier", options.multiplier, "by how much the load grows")->type_name("N");
  CLI::Option* at = command.add_option("--at", options.at, "when it begins: 2026-01-15T09:00")->type_name("TIME");
  if (required) {
    multiplier->required();
    at->required();
  }
  command.add_option("--for", options.length, "how long it takes")->type_name("DURATION")->capture_default_str();
  command.add_option("--ramp", options.ramp, "how long it takes to grow; at once when absent")->type_name("DURATION");
  AddListOption(command, "--slo", options.goals, "GOAL", "what latency must stay below: 'p99<300ms'; may be repeated");
  AddListOption(command, "--holiday", options.holidays, "DAY", "2025-12-25: no everyday traffic; may be repeated");
  command.add_option("--share", options.share, "what part of the load grows, 0 to 1")->type_name("SHARE");
  command.add_option("--replicas", options.replicas, "so many replicas are added")->type_name("+N");
  command
      .add_option("--depends", options.depends,
                  "which services get more load too: auto, none, db:1.8,cache:0.4, or a file of such pairs")
      ->type_name("WORDS")
      ->capture_default_str();
}

int RunHeadroom(const CLI::App& app, const HeadroomOptions& options) {
  return Show(app, AskCapacity(options.proxy, "headroom", options.Words(), false),
              [&](const nlohmann::json& data) { return PrintText(TextOf(HeadroomFindings(data), options.output)); });
}

int RunLaunch(const CLI::App& app, const LaunchOptions& options) {
  const absl::StatusOr<Parameters> words = options.Words();
  if (!words.ok()) return UsageError(app, words.status().message());
  return Show(app, AskCapacity(options.proxy, "launch", *words, false), [&](const nlohmann::json& data) {
    const std::string line = options.output == "table" ? VerdictLine(data, Style(HasColours(stdout))) + "\n" : "";
    const int printed = PrintText(absl::StrCat(line, TextOf(LaunchFindings(data), options.output)));
    return data.at("verdict") == "YES" ? printed : kExitFailed;
  });
}

struct CalibrateOptions {
  std::string service, from, to, note;
  bool redline = false;
  bool remove = false;
  std::string output = "table";
  HttpTarget proxy;
};

int RunCalibrate(const CLI::App& app, const CalibrateOptions& options) {
  const auto print = [&](const nlohmann::json& data) {
    return PrintText(TextOf(CalibrationFindings(data), options.output));
  };
  if (options.from.empty() && options.to.empty()) {
    return Show(app, AskCapacity(options.proxy, "calibrate", {}, false), print);
  }
  if (options.from.empty() || options.to.empty() || options.service.empty()) {
    return UsageError(app, "give --service, --from and --to");
  }
  const absl::StatusOr<std::string> from = TimeWord(options.from);
  const absl::StatusOr<std::string> to = TimeWord(options.to);
  for (const absl::Status& status : {from.status(), to.status()}) {
    if (!status.ok()) return UsageError(app, status.message());
  }
  Parameters words = {{"service", options.service}, {"from", *from}, {"to", *to}};
  if (options.redline) words.emplace_back("redline", "true");
  if (options.remove) words.emplace_back("remove", "true");
  AddGiven(words, "note", options.note);
  return Show(app, AskCapacity(options.proxy, "calibrate", words, true), print);
}

struct ReportOptions {
  LaunchOptions launch;
  std::string horizon = "14d";
  std::string file;
};

// Nothing is asked for twice; a part that cannot be answered says why in its place.
int RunReport(const CLI::App& app, const ReportOptions& options) {
  const LaunchOptions& launch = options.launch;
  if (launch.multiplier.empty() != launch.at.empty()) return UsageError(app, "--multiplier and --at go together");
  ReportParts parts;
  parts.title = absl::StrCat("Capacity of ", launch.service);
  parts.made_at =
      absl::FormatTime("Made %Y-%m-%d %H:%M %Z by tributary capacity report", absl::Now(), absl::LocalTimeZone());
  const auto ask = [&](const std::string& what, const Parameters& words, nlohmann::json& data, std::string& error) {
    absl::StatusOr<nlohmann::json> answer = AskCapacity(launch.proxy, what, words, false);
    if (answer.ok()) {
      data = *std::move(answer);
    } else {
      error = std::string(answer.status().message());
    }
    return answer.status();
  };
  if (!launch.multiplier.empty()) {
    const absl::StatusOr<Parameters> words = launch.Words();
    if (!words.ok()) return UsageError(app, words.status().message());
    const absl::Status asked = ask("launch", *words, parts.launch, parts.launch_error);
    if (absl::IsInvalidArgument(asked)) return UsageError(app, asked.message());
  }
  const absl::Status found =
      ask("headroom", {{"service", launch.service}, {"top", "50"}}, parts.headroom, parts.headroom_error);
  if (absl::IsNotFound(found)) return Failure(app, found.message());
  Parameters forecast = {{"service", launch.service}, {"horizon", options.horizon}};
  for (const std::string& day : launch.holidays) forecast.emplace_back("holiday", day);
  ask("forecast", forecast, parts.forecast, parts.forecast_error).IgnoreError();
  if (parts.launch.is_null() && parts.headroom.is_null() && parts.forecast.is_null()) {
    return Failure(app, parts.headroom_error);
  }
  std::string html;
  try {
    html = ReportHtml(parts);
  } catch (const nlohmann::json::exception& error) {
    return Failure(app, absl::StrCat("the answer is not as expected: ", error.what()));
  }
  if (options.file == "-") return PrintText(html);
  std::ofstream out(options.file, std::ios::binary | std::ios::trunc);
  out << html;
  out.close();
  if (!out) return Failure(app, absl::StrCat(options.file, " cannot be written"));
  return kExitOk;
}

}  // namespace

Command AddHeadroomCommand(CLI::App& capacity) {
  auto options = std::make_shared<HeadroomOptions>();
  CLI::App* command = capacity.add_subcommand("headroom", "Which servers are near their limits");
  command->add_option("--service", options->service, "only hosts of this service")->type_name("NAME");
  command->add_option("--by", options->by, "what is compared: host, pod, zone, or any tag")
      ->type_name("TAG")
      ->capture_default_str();
  command->add_option("--window", options->window, "how far back")->type_name("DURATION")->capture_default_str();
  command->add_option("--top", options->top, "so many rows")->type_name("N")->capture_default_str();
  command->add_option("--q", options->quantile, "the quantile that counts as peak, 0.95")->type_name("Q");
  command->add_option("--target", options->target, "one limit for all, 0 to 1")->type_name("SHARE");
  AddOutput(*command, options->output);
  AddProxyOption(*command, options->proxy);
  command->footer(kHeadroomExamples);
  return {.app = command, .run = [command, options] { return RunHeadroom(*command, *options); }};
}

Command AddLaunchCommand(CLI::App& capacity) {
  auto options = std::make_shared<LaunchOptions>();
  CLI::App* command = capacity.add_subcommand("launch", "Can a service take tomorrow's launch?");
  command->add_option("--service", options->service, "the service")->required()->type_name("NAME");
  AddLaunchWords(*command, *options, true);
  command->add_option("--window", options->window, "evidence of so long, 7d")->type_name("DURATION");
  command->add_option("--paths", options->paths, "so many futures are drawn, 2000")->type_name("N");
  command->add_option("--seed", options->seed, "of the dice; the same gives the same")->type_name("N");
  AddOutput(*command, options->output);
  AddProxyOption(*command, options->proxy);
  command->footer(kLaunchExamples);
  return {.app = command, .run = [command, options] { return RunLaunch(*command, *options); }};
}

Command AddCalibrateCommand(CLI::App& capacity) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* command = capacity.add_subcommand("calibrate", "Mark a load test as evidence, or list what is marked");
  command->add_option("--service", options->service, "the service")->type_name("NAME");
  command->add_option("--from", options->from, "when it began")->type_name("TIME");
  command->add_option("--to", options->to, "when it ended")->type_name("TIME");
  command->add_flag("--redline", options->redline, "it was driven until the limit was reached");
  command->add_option("--note", options->note, "a word to remember it by")->type_name("TEXT");
  command->add_flag("--remove", options->remove, "forget it");
  AddOutput(*command, options->output);
  AddProxyOption(*command, options->proxy);
  command->footer(kCalibrateExamples);
  return {.app = command, .run = [command, options] { return RunCalibrate(*command, *options); }};
}

Command AddReportCommand(CLI::App& capacity) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = capacity.add_subcommand("report", "Everything of a service as one HTML file");
  command->add_option("--service", options->launch.service, "the service")->required()->type_name("NAME");
  command->add_option("--output", options->file, "the file; - is standard output")->required()->type_name("FILE");
  command->add_option("--horizon", options->horizon, "how far the forecast goes")
      ->type_name("DURATION")
      ->capture_default_str();
  AddLaunchWords(*command, options->launch, false);
  AddColourOption(*command);
  AddProxyOption(*command, options->launch.proxy);
  command->footer(kReportExamples);
  return {.app = command, .run = [command, options] { return RunReport(*command, *options); }};
}

int RunClusterForecast(const CLI::App& app, const ClusterForecast& options) {
  Parameters words = {{"history", options.history}, {"interval", options.interval}};
  AddGiven(words, "metric", options.metric);
  AddGiven(words, "service", options.service);
  AddGiven(words, "horizon", options.horizon);
  for (const std::string& day : options.holidays) words.emplace_back("holiday", day);
  return Show(app, AskCapacity(options.proxy, "forecast", words, false), [&](const nlohmann::json& data) {
    Findings findings = CapacityForecastFindings(data);
    if (options.output != "table") return PrintText(TextOf(findings, options.output));
    // On a terminal, and in a pipe, the picture says it; -o csv has every hour.
    std::string text = ForecastChart(data, IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 100);
    for (const std::string& remark : findings.remarks) absl::StrAppend(&text, "\n", remark);
    return PrintText(absl::StrCat(text, "\n"));
  });
}

}  // namespace tributary
