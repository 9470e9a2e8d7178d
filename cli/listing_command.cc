#include "cli/listing_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/http_api.h"
#include "cli/query_answer.h"
#include "cli/query_text.h"
#include "cli/query_words.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/time_range.h"
#include "common/base/printable.h"
#include "common/base/status.h"
#include "common/net/http_message.h"

namespace tributary {
namespace {

constexpr char kSeriesExamples[] = R"(Examples:
  tributary series api.latency
  tributary series api.latency --where region=~'eu-.*' --last 7d
  tributary series '{service="checkout"}' -o json
  tributary series --where region=eu --limit 100

Those count that had a row in the time asked for, the last hour unless told otherwise.

Exit status: 0 some, 1 none or no answer, 2 the words are wrong.)";

constexpr char kLabelsExamples[] = R"(Examples:
  tributary labels
  tributary labels region
  tributary labels region --of api.latency --where service=checkout
  tributary labels __name__ --last 7d -o csv

Without a label, the names of labels; with one, its values. A table is a plain list, one a line.

Exit status: 0 some, 1 none or no answer, 2 the words are wrong.)";

struct ListingOptions {
  std::string label;                   // of `labels`
  std::vector<std::string> selectors;  // metrics, or selectors
  std::vector<std::string> where;
  RangeWords range;  // without a step
  size_t limit = 0;
  std::string output = "table";
  bool allow_empty = false;
  HttpTarget proxy;
};

void AddOptions(CLI::App& app, ListingOptions& options) {
  AddListOption(app, "--where", options.where, "MATCHER", "label=value, !=, =~ or !~; may be repeated, all must hold");
  app.add_option("--last", options.range.last, "how far back; 1h when absent")->type_name("DURATION");
  app.add_option("--start", options.range.start, "since when: RFC 3339, Unix seconds, or how long ago, such as -1h")
      ->type_name("TIME");
  app.add_option("--end", options.range.end, "until when; now when absent")->type_name("TIME");
  app.add_option("--limit", options.limit, "how many at most; 0: as many as there are")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--allow-empty", options.allow_empty, "none is no failure");
  AddChoice(app.add_option("-o,--output", options.output, "how it is printed")->capture_default_str(),
            {"table", "json", "csv"});
  AddProxyOption(app, options.proxy);
}

// A selector for each metric, or one of --where alone; none when neither is given.
absl::StatusOr<std::vector<std::string>> SelectorsOf(const ListingOptions& options) {
  std::vector<std::string> selectors;
  for (const std::string& selector : options.selectors) {
    TRIBUTARY_ASSIGN_OR_RETURN(selectors.emplace_back(), BuildSelector(selector, options.where));
  }
  if (options.selectors.empty() && !options.where.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(selectors.emplace_back(), BuildSelector("", options.where));
  }
  return selectors;
}

absl::StatusOr<std::string> FormOf(const ListingOptions& options, const std::vector<std::string>& selectors) {
  RangeWords words = options.range;
  if (words.start.empty() && words.last.empty()) words.last = "1h";
  words.step = "0.001";  // moments stay as they are
  TRIBUTARY_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(words, absl::Now()));
  std::string form = absl::StrCat("start=", UnixText(range.start), "&end=", UnixText(range.end));
  if (options.limit > 0) absl::StrAppend(&form, "&limit=", options.limit);
  for (const std::string& selector : selectors) absl::StrAppend(&form, "&match%5B%5D=", PercentEncode(selector));
  return form;
}

// A column for each label, the metric's name first.
Table TableOf(const ListingAnswer& answer) {
  Table table;
  const auto column_of = [&table](const std::string& label) {
    size_t at = 0;
    while (at < table.columns.size() && table.columns[at].title != label) ++at;
    if (at == table.columns.size()) table.columns.push_back({label});
    return at;
  };
  for (const auto& series : answer.series) {
    if (series.count("__name__") > 0) column_of("__name__");
  }
  for (const auto& series : answer.series) {
    std::vector<std::string>& row = table.rows.emplace_back(table.columns.size());
    for (const auto& [label, value] : series) {
      const size_t column = column_of(label);
      row.resize(table.columns.size());
      row[column] = value;
    }
  }
  for (std::vector<std::string>& row : table.rows) row.resize(table.columns.size());
  return table;
}

Table TableOf(const ListingAnswer& answer, const std::string& title) {
  Table table{.columns = {{title}}, .rows = {}};
  for (const std::string& text : answer.texts) table.rows.push_back({text});
  return table;
}

std::string LinesOf(const ListingAnswer& answer) {
  std::string lines;
  for (const std::string& text : answer.texts) absl::StrAppend(&lines, Printable(text), "\n");
  return lines;
}

int Print(const CLI::App& app, const ListingAnswer& answer, const std::string& body, const ListingOptions& options) {
  const bool is_empty = answer.series.empty() && answer.texts.empty();
  const std::string title = options.label.empty() ? "label" : options.label;
  std::string text;
  if (options.output == "json") {
    text = absl::StrCat(body, "\n");
  } else if (!is_empty && options.output == "csv") {
    text = CsvText(answer.series.empty() ? TableOf(answer, title) : TableOf(answer));
  } else if (!answer.series.empty()) {
    const size_t width = IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 0;
    text = AlignedText(TableOf(answer), HasColours(stdout), width);
  } else {
    text = LinesOf(answer);
  }
  const int printed = PrintText(text);
  const std::string notes = NotesText(answer.infos, answer.warnings, Style(HasColours(stderr)));
  std::fputs(notes.c_str(), stderr);
  if (is_empty && !options.allow_empty) return Failure(app, "there are none in that time");
  return printed;
}

// `path` is asked with POST where Prometheus's API has it, else with GET.
int Ask(const CLI::App& app, const ListingOptions& options, const std::string& path, bool post,
        const std::vector<std::string>& selectors) {
  const absl::StatusOr<std::string> form = FormOf(options, selectors);
  if (!form.ok()) return UsageError(app, form.status().message());
  HttpApi api("proxy", options.proxy, "--proxy or TRIBUTARY_PROXY");
  const absl::StatusOr<std::string> body =
      post ? api.Post(path, *form, absl::Seconds(30)) : api.Get(absl::StrCat(path, "?", *form));
  if (!body.ok()) return Failure(app, body.status().message());
  const absl::StatusOr<ListingAnswer> answer = ParseListingAnswer(*body);
  if (absl::IsInvalidArgument(answer.status())) return UsageError(app, answer.status().message());
  if (!answer.ok()) return Failure(app, absl::StrCat(api.url(), ": ", answer.status().message()));
  return Print(app, *answer, *body, options);
}

int RunSeries(const CLI::App& app, const ListingOptions& options) {
  const absl::StatusOr<std::vector<std::string>> selectors = SelectorsOf(options);
  if (!selectors.ok()) return UsageError(app, selectors.status().message());
  if (!selectors->empty()) return Ask(app, options, "/api/v1/series", true, *selectors);
  return UsageError(app, "give metrics, selectors or --where; --where '__name__=~.+' is all there is");
}

int RunLabels(const CLI::App& app, const ListingOptions& options) {
  const absl::StatusOr<std::vector<std::string>> selectors = SelectorsOf(options);
  if (!selectors.ok()) return UsageError(app, selectors.status().message());
  if (options.label.empty()) return Ask(app, options, "/api/v1/labels", true, *selectors);
  return Ask(app, options, absl::StrCat("/api/v1/label/", PercentEncode(options.label), "/values"), false, *selectors);
}

}  // namespace

Command AddSeriesCommand(CLI::App& app) {
  auto options = std::make_shared<ListingOptions>();
  CLI::App* command = app.add_subcommand("series", "List the series there are");
  command->add_option("METRIC", options->selectors, "metrics, or selectors such as '{service=\"api\"}'")->type_name("");
  AddOptions(*command, *options);
  command->footer(kSeriesExamples);
  return {.app = command, .run = [command, options] { return RunSeries(*command, *options); }};
}

Command AddLabelsCommand(CLI::App& app) {
  auto options = std::make_shared<ListingOptions>();
  CLI::App* command = app.add_subcommand("labels", "List labels, or the values of one");
  command->add_option("LABEL", options->label, "whose values")->type_name("");
  AddListOption(*command, "--of", options->selectors, "METRIC",
                "of this metric's or selector's series; may be repeated");
  AddOptions(*command, *options);
  command->footer(kLabelsExamples);
  return {.app = command, .run = [command, options] { return RunLabels(*command, *options); }};
}

}  // namespace tributary
