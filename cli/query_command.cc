#include "cli/query_command.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "cli/fail_condition.h"
#include "cli/http_api.h"
#include "cli/query_answer.h"
#include "cli/query_question.h"
#include "cli/query_text.h"
#include "cli/screen.h"
#include "cli/terminal.h"
#include "common/base/printable.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/net/signal_waiter.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary query p99 api.latency --last 5m
  tributary query p50,p90,p99.9 api.latency --last 1h --by region --where service=api
  tributary query p99 api.latency --last 6h --step 5m --by region
  tributary query 'quantile(0.99, api.latency{region=~"eu-.*"}[5m]) by (host)'
  tributary query 'sum by (region) (rate(api.requests[5m]))' --last 3h
  tributary query p99 api.latency --watch
  tributary query p99 api.latency --by region --fail-if '>300ms'

TIME is RFC 3339, Unix seconds, now, or how long ago: -1h. Percentiles over a range are each of one step, unless --window
says otherwise; a chart is drawn on a terminal. In conditions, times are turned into what the metric counts in (--unit),
and % are hundredths: '>1%' of a share. The condition is met when any value of the answer meets it.

Exit status: 0 an answer, and no condition is met; 1 no answer, or no data; 2 the question is wrong; 3 a condition is met.
Warnings and notes about the answer go to standard error.)";

constexpr absl::Duration kShortestWatch = absl::Milliseconds(100);
constexpr size_t kKept = 200;     // values of a series while watching
constexpr size_t kMetShown = 10;  // values that meet a condition

struct QueryOptions {
  QuestionWords words;
  std::string timeout = "30s";
  std::string output = "table";
  std::string chart = "auto";
  std::string watch;
  std::vector<std::string> fail_if;
  std::string unit = "ms";
  bool allow_empty = false;
  bool strict = false;
  HttpTarget proxy;
};

// What the options come to.
struct Plan {
  absl::Duration timeout;
  std::optional<absl::Duration> watch;
  std::vector<FailCondition> conditions;
};

void AddQuestionOptions(CLI::App& app, QuestionWords& words) {
  app.add_option("QUESTION", words.question,
                 "percentiles and a metric, such as p50,p99 api.latency, or one expression in PromQL")
      ->required()
      ->type_name("");
  app.add_option(
         "--last", words.range.last,
         "how far back, such as 10s, 5m, 1h30m, 7d; an expression is asked over that range; 5m, or 1h with --step")
      ->type_name("DURATION");
  app.add_option("--start", words.range.start, "ask over a range that starts here")->type_name("TIME");
  app.add_option("--end", words.range.end, "where it ends; now when absent")->type_name("TIME");
  app.add_option("--step", words.range.step, "ask over a range at moments this far apart; at most 100 when absent")
      ->type_name("DURATION");
  app.add_option("--window", words.window, "over a range, how much each percentile is of; --step when absent")
      ->type_name("DURATION");
  app.add_option("--at", words.at, "ask at this moment; now when absent")->type_name("TIME");
  AddListOption(app, "--by", words.by, "LABEL,...", "a row for each value of these labels");
  AddListOption(app, "--without", words.without, "LABEL,...", "a row for each value of all labels but these");
  AddListOption(app, "--where", words.where, "MATCHER", "label=value, !=, =~ or !~; may be repeated, all must hold");
}

void AddOptions(CLI::App& app, QueryOptions& options) {
  AddQuestionOptions(app, options.words);
  AddListOption(app, "--fail-if", options.fail_if, "CONDITION",
                "end with 3 when a value is so, such as '>300ms'; may be repeated, any of them will do");
  AddChoice(
      app.add_option("--unit", options.unit, "what the metric's values are, for --fail-if")->capture_default_str(),
      {"ns", "us", "ms", "s"});
  app.add_flag("--allow-empty", options.allow_empty, "no data is no failure");
  app.add_flag("--strict", options.strict, "an answer with a warning, a partial one, is a failure");
  app.add_flag("--watch{5s}", options.watch,
               "ask again and again, each 5s or --watch=DURATION, until q, Ctrl-C or a condition is met");
  AddChoice(app.add_option("-o,--output", options.output, "how it is printed")->capture_default_str(),
            {"table", "json", "csv"});
  AddChoice(app.add_option("--chart", options.chart, "draw a range; auto: on a terminal")->capture_default_str(),
            {"auto", "always", "never"});
  app.add_option("--timeout", options.timeout, "how long to wait for the answer")
      ->type_name("DURATION")
      ->capture_default_str();
  AddProxyOption(app, options.proxy);
}

absl::StatusOr<Plan> PlanOf(const QueryOptions& options) {
  Plan plan;
  const std::optional<absl::Duration> timeout = ParseDuration(options.timeout);
  if (!timeout || *timeout == absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--timeout takes a duration such as 30s");
  }
  plan.timeout = *timeout;
  if (!options.watch.empty()) {
    const absl::StatusOr<absl::Duration> watch = ParseStep(options.watch);
    if (!watch.ok() || *watch < kShortestWatch) {
      return absl::InvalidArgumentError("--watch takes seconds, or a duration of at least 100ms");
    }
    plan.watch = *watch;
  }
  const std::optional<absl::Duration> unit = ParseDuration(absl::StrCat("1", options.unit));
  for (const std::string& text : options.fail_if) {
    TRIBUTARY_ASSIGN_OR_RETURN(FailCondition condition,
                               FailCondition::Parse(text, unit.value_or(absl::Milliseconds(1))));
    plan.conditions.push_back(std::move(condition));
  }
  return plan;
}

// A question and its answer.
struct Asked {
  Question question;
  std::string body;
  QueryAnswer answer;
};

absl::StatusOr<Asked> Ask(HttpApi& api, const QueryOptions& options, const Plan& plan) {
  Asked asked;
  TRIBUTARY_ASSIGN_OR_RETURN(asked.question, QuestionOf(options.words, absl::Now()));
  TRIBUTARY_ASSIGN_OR_RETURN(asked.body,
                             api.Post(asked.question.Path(), asked.question.Form(plan.timeout), plan.timeout));
  absl::StatusOr<QueryAnswer> answer = ParseQueryAnswer(asked.body);
  if (absl::IsInvalidArgument(answer.status())) {
    return absl::InvalidArgumentError(absl::StrCat(answer.status().message(), "\n  ", asked.question.expression));
  }
  if (absl::IsInternal(answer.status())) {
    return absl::InternalError(absl::StrCat(options.proxy.Base(), ": ", answer.status().message()));
  }
  TRIBUTARY_RETURN_IF_ERROR(answer.status());
  asked.answer = *std::move(answer);
  return asked;
}

int Complain(const CLI::App& app, const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? UsageError(app, status.message()) : Failure(app, status.message());
}

// The text that an answer is printed as.
std::string TextOf(const Asked& asked, const QueryOptions& options, TerminalSize size, const SeriesHistory* history) {
  if (options.output == "json") return absl::StrCat(asked.body, "\n");
  if (asked.answer.PointCount() == 0) return "";
  if (options.output == "csv") return CsvText(asked.answer.is_range ? RowsOf(asked.answer) : TableOf(asked.answer));
  const bool on_terminal = IsTerminal(stdout);
  return AnswerText(asked.answer, asked.question.range,
                    {.size = size,
                     .max_width = on_terminal ? static_cast<size_t>(size.columns) : 0,
                     .with_chart = options.chart == "always" || (options.chart == "auto" && on_terminal),
                     .style = Style(HasColours(stdout)),
                     .history = history});
}

bool HasNumbers(const QueryAnswer& answer) {
  for (const QueryAnswer::Series& series : answer.series) {
    if (std::any_of(series.points.begin(), series.points.end(), [](const auto& p) { return !std::isnan(NumberOf(p)); }))
      return true;
  }
  return false;
}

// A line for each of the first values that meet a condition: "met: eu p99 is 312.4, > 300ms".
std::vector<std::string> MetBy(const QueryAnswer& answer, const std::vector<FailCondition>& conditions) {
  std::vector<std::string> met;
  for (const QueryAnswer::Series& series : answer.series) {
    for (const FailCondition& condition : conditions) {
      const auto point = std::find_if(series.points.begin(), series.points.end(),
                                      [&](const auto& p) { return condition.Holds(NumberOf(p)); });
      if (point == series.points.end() || met.size() == kMetShown) continue;
      const std::string name = SeriesText(series.labels);
      const std::string when =
          answer.is_range
              ? absl::StrCat(" at ", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                                                      absl::FromUnixSeconds(static_cast<int64_t>(point->unix_seconds)),
                                                      absl::UTCTimeZone()))
              : "";
      met.push_back(absl::StrCat("met: ", name, name.empty() ? "" : " ", "is ",
                                 absl::StrFormat("%.6g", NumberOf(*point)), when, ", ", condition.text()));
    }
  }
  return met;
}

// What the answer means for the exit status; says why on standard error.
int Judge(const CLI::App& app, const Asked& asked, const QueryOptions& options, const Plan& plan) {
  const std::vector<std::string> met = MetBy(asked.answer, plan.conditions);
  const Style style(HasColours(stderr));
  for (const std::string& line : met) std::fprintf(stderr, "%s\n", style.Bad(line).c_str());
  if (!met.empty()) return kExitMet;
  const bool has_data = plan.conditions.empty() ? asked.answer.PointCount() > 0 : HasNumbers(asked.answer);
  if (!has_data && !options.allow_empty) return Failure(app, absl::StrCat("no data for ", asked.question.expression));
  if (options.strict && !asked.answer.warnings.empty()) return Failure(app, "the answer is not whole, and --strict");
  return kExitOk;
}

int Print(const CLI::App& app, const Asked& asked, const QueryOptions& options, const Plan& plan,
          const SeriesHistory* history) {
  const int printed = PrintText(TextOf(asked, options, SizeOf(stdout), history));
  const std::string notes = NotesText(asked.answer.infos, asked.answer.warnings, Style(HasColours(stderr)));
  std::fputs(notes.c_str(), stderr);
  const int judged = Judge(app, asked, options, plan);
  return printed == kExitOk ? judged : printed;
}

// Only series that are still there are remembered.
void Remember(const QueryAnswer& answer, SeriesHistory& history) {
  SeriesHistory now;
  for (const QueryAnswer::Series& series : answer.series) {
    if (series.points.empty()) continue;
    std::vector<double>& values = now[series.labels];
    if (const auto before = history.find(series.labels); before != history.end()) values = std::move(before->second);
    values.push_back(NumberOf(series.points.back()));
    if (values.size() > kKept) values.erase(values.begin());
  }
  history = std::move(now);
}

std::string ScreenText(const absl::StatusOr<Asked>& asked, const QueryOptions& options, TerminalSize size,
                       const SeriesHistory& history) {
  const Style style(HasColours(stdout));
  if (!asked.ok()) return absl::StrCat(style.Bad(asked.status().message()), "\n");
  const auto columns = static_cast<size_t>(size.columns);
  const std::string text = TextOf(*asked, options, size, &history);
  std::string screen = absl::StrCat(style.Bold(Shortened(Printable(asked->question.expression), columns)), "\n\n",
                                    text.empty() ? "no data\n" : text, "\n");
  for (const std::string& info : asked->answer.infos)
    absl::StrAppend(&screen, Shortened(Printable(info), columns), "\n");
  for (const std::string& warning : asked->answer.warnings) {
    absl::StrAppend(&screen, style.Warn(Shortened(absl::StrCat("warning: ", Printable(warning)), columns)), "\n");
  }
  return screen;
}

int WatchOnScreen(const CLI::App& app, HttpApi& api, const QueryOptions& options, const Plan& plan) {
  SignalWaiter signals;
  SeriesHistory history;
  absl::StatusOr<Asked> asked = absl::UnknownError("");
  {
    Screen screen(signals);
    do {
      asked = Ask(api, options, plan);
      if (absl::IsInvalidArgument(asked.status())) break;  // it will not become right
      if (asked.ok()) Remember(asked->answer, history);
      screen.Show(ScreenText(asked, options, screen.size(), history));
      if (asked.ok() && !MetBy(asked->answer, plan.conditions).empty()) break;
    } while (screen.Wait(*plan.watch) != Screen::Event::kStop);
  }
  if (absl::IsInvalidArgument(asked.status())) return Complain(app, asked.status());
  const bool met = asked.ok() && !MetBy(asked->answer, plan.conditions).empty();
  return met ? Print(app, *asked, options, plan, &history) : kExitOk;  // the screen is gone: what it was about
}

// Into a pipe, or as JSON or CSV: each answer after the one before.
int WatchInLines(const CLI::App& app, HttpApi& api, const QueryOptions& options, const Plan& plan) {
  SignalWaiter signals;
  do {
    const absl::StatusOr<Asked> asked = Ask(api, options, plan);
    const int code = asked.ok() ? Print(app, *asked, options, plan, nullptr) : Complain(app, asked.status());
    if (code == kExitMet || code == kExitUsage || std::ferror(stdout) != 0) return code;
  } while (!signals.Wait(*plan.watch).has_value());
  return kExitOk;
}

int Run(const CLI::App& app, const QueryOptions& options) {
  const absl::StatusOr<Plan> plan = PlanOf(options);
  if (!plan.ok()) return Complain(app, plan.status());
  HttpApi api("proxy", options.proxy, "--proxy or TRIBUTARY_PROXY");
  if (plan->watch) {
    const bool on_screen = options.output == "table" && IsTerminal(stdout) && IsTerminal(stdin);
    return on_screen ? WatchOnScreen(app, api, options, *plan) : WatchInLines(app, api, options, *plan);
  }
  const absl::StatusOr<Asked> asked = Ask(api, options, *plan);
  return asked.ok() ? Print(app, *asked, options, *plan, nullptr) : Complain(app, asked.status());
}

}  // namespace

Command AddQueryCommand(CLI::App& app) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* command = app.add_subcommand("query", "Ask for percentiles of the whole fleet, or any expression");
  command->footer(kExamples);
  AddOptions(*command, *options);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

void JoinWatch(std::vector<std::string>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "--watch" || !ParseStep(words[i + 1]).ok()) continue;
    absl::StrAppend(&words[i], "=", words[i + 1]);
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

}  // namespace tributary
