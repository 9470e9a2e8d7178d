#include "cli/query_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/http_target.h"
#include "cli/query_answer.h"
#include "cli/query_words.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/net/http_client.h"

namespace tributary {
namespace {

constexpr absl::string_view kExamples = R"(Examples:
  tributary query p99 api.latency --last 5m
  tributary query p50,p90,p99.9 api.latency --last 1h --by region --where service=api
  tributary query 'quantile(0.99, api.latency{region=~"eu-.*"}[5m]) by (host)'

Exit status: 0 an answer, 1 no data or no answer, 2 the question is wrong.
Warnings and notes about the answer go to standard error.)";

struct QueryOptions {
  std::vector<std::string> question;  // percentiles and metric, or one expression
  QueryWords words;
  std::string at;
  std::string timeout = "30s";
  std::string output = "table";
  HttpTarget proxy;
};

void AddOptions(CLI::App& app, QueryOptions& options) {
  app.add_option("QUESTION", options.question,
                 "percentiles and a metric, such as p50,p99 api.latency, or one expression")
      ->required()
      ->type_name("");
  app.add_option("--last", options.words.last, "how far back, such as 10s, 5m, 1h30m, 7d")
      ->type_name("WINDOW")
      ->capture_default_str();
  AddListOption(app, "--by", options.words.by, "LABEL,...", "a row for each value of these labels");
  AddListOption(app, "--without", options.words.without, "LABEL,...", "a row for each value of all labels but these");
  AddListOption(app, "--where", options.words.where, "MATCHER",
                "label=value, !=, =~ or !~; may be repeated, all must hold");
  app.add_option("--at", options.at, "the window's end, RFC 3339 or Unix seconds; now when absent")->type_name("TIME");
  app.add_option("--timeout", options.timeout, "how long to wait for the answer")
      ->type_name("DURATION")
      ->capture_default_str();
  AddChoice(app.add_option("-o,--output", options.output, "how it is printed")->capture_default_str(),
            {"table", "json", "csv"});
  AddProxyOption(app, options.proxy);
}

absl::StatusOr<std::string> ExpressionOf(const CLI::App& app, QueryOptions& options) {
  if (options.question.size() == 2) {
    options.words.percentiles = options.question[0];
    options.words.metric = options.question[1];
    return BuildExpression(options.words);
  }
  if (options.question.size() != 1 || !absl::StrContains(options.question[0], '(')) {
    return absl::InvalidArgumentError("give percentiles and a metric, such as p99 api.latency, or one expression");
  }
  for (const char* option : {"--last", "--by", "--without", "--where"}) {
    if (app.count(option) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, " goes with percentiles and a metric; an expression says it itself"));
    }
  }
  return options.question[0];
}

absl::StatusOr<std::string> Ask(const QueryOptions& options, const std::string& expression, absl::Duration timeout) {
  HttpFetch fetch;
  fetch.method = "POST";
  fetch.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  TRIBUTARY_RETURN_IF_ERROR(options.proxy.Fill("/api/v1/query", fetch));
  fetch.body = absl::StrCat("query=", PercentEncode(expression), "&timeout=", absl::ToDoubleSeconds(timeout));
  if (!options.at.empty()) absl::StrAppend(&fetch.body, "&time=", PercentEncode(options.at));
  fetch.timeout = timeout + absl::Seconds(2);  // the proxy itself says what it waited for
  fetch.max_response_bytes = 64 << 20;
  HttpClient client;
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, client.Fetch(fetch));
  if (reply.status == 401) {
    return absl::UnauthenticatedError(
        absl::StrCat(options.proxy.Base(), " asks for a token; --token-file or TRIBUTARY_TOKEN gives one"));
  }
  return reply.body;
}

void PrintNotes(const QueryAnswer& answer) {
  const Style style(HasColours(stderr));
  for (const std::string& info : answer.infos) std::fprintf(stderr, "%s\n", info.c_str());
  for (const std::string& warning : answer.warnings) {
    std::fprintf(stderr, "%s %s\n", style.Warn("warning:").c_str(), warning.c_str());
  }
}

void PrintAnswer(const QueryAnswer& answer, const std::string& output, const std::string& body) {
  const std::string text = output == "json"  ? absl::StrCat(body, "\n")
                           : output == "csv" ? CsvText(TableOf(answer))
                                             : AlignedText(TableOf(answer), HasColours(stdout));
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int Run(const CLI::App& app, QueryOptions& options) {
  const absl::StatusOr<std::string> expression = ExpressionOf(app, options);
  if (!expression.ok()) return UsageError(app, expression.status().message());
  const std::optional<absl::Duration> timeout = ParseDuration(options.timeout);
  if (!timeout || *timeout == absl::ZeroDuration()) return UsageError(app, "--timeout takes a duration such as 30s");

  const absl::StatusOr<std::string> body = Ask(options, *expression, *timeout);
  if (!body.ok()) return Failure(app, body.status().message());
  const absl::StatusOr<QueryAnswer> answer = ParseQueryAnswer(*body);
  if (absl::IsInvalidArgument(answer.status())) {
    return UsageError(app, absl::StrCat(answer.status().message(), "\n  ", *expression));
  }
  if (absl::IsInternal(answer.status()))
    return Failure(app, absl::StrCat(options.proxy.url, ": ", answer.status().message()));
  if (!answer.ok()) return Failure(app, answer.status().message());

  if (!answer->points.empty() || options.output == "json") PrintAnswer(*answer, options.output, *body);
  PrintNotes(*answer);
  return answer->points.empty() ? Failure(app, absl::StrCat("no data for ", *expression)) : kExitOk;
}

}  // namespace

Command AddQueryCommand(CLI::App& app) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* command = app.add_subcommand("query", "Ask for percentiles of the whole fleet");
  command->footer(std::string(kExamples));
  AddOptions(*command, *options);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
