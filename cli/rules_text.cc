#include "cli/rules_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/figures.h"
#include "cli/table.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using Json = nlohmann::json;

std::string Scopes(const RuleSpec& rule) {
  return absl::StrJoin(rule.scopes, ",", [](std::string* out, const ScopeSpec& scope) {
    absl::StrAppend(out, ScopeName(scope.scope), scope.as.empty() ? "" : " as ", scope.as);
  });
}

std::string Summary(const RuleTrial::Result& result, const TrialInput& input) {
  std::string text =
      absl::StrCat(CountText(input.lines), " lines, ", CountText(result.samples), " samples\nseries ",
                   CountText(result.series_before), " before, ", CountText(result.series_after), " after\n");
  const auto add = [&text](uint64_t count, absl::string_view what) {
    if (count > 0) absl::StrAppend(&text, what, ": ", CountText(count), "\n");
  };
  add(result.samples_dropped, "samples that rules drop");
  add(result.samples_not_tried, "samples not tried, of series beyond the first million");
  add(input.lines_rejected, "lines that cannot be read");
  add(input.lines_skipped, "lines not seen, beyond --rate");
  return text;
}

Table Rules(const RuleTrial::Result& result, const std::vector<RuleSpec>& rules) {
  Table table{.columns = {{"rule", true}, {"what it does"}, {"samples", true}, {"series", true}}, .rows = {}};
  for (size_t i = 0; i < rules.size(); ++i) {
    table.rows.push_back({absl::StrCat(i + 1), RuleText(rules[i]), CountText(result.rules[i].samples),
                          CountText(result.rules[i].series)});
  }
  return table;
}

Table Metrics(const RuleTrial::Result& result, size_t entries) {
  Table table{.columns = {{"metric"}, {"becomes"}, {"samples", true}, {"series before", true}, {"after", true}},
              .rows = {}};
  for (const RuleTrial::MetricEffect& metric : result.metrics) {
    if (table.rows.size() == entries) break;
    if (metric.becomes.empty() && metric.series_before == metric.series_after) continue;
    table.rows.push_back({metric.name, metric.becomes.empty() ? "fewer tags" : absl::StrJoin(metric.becomes, ", "),
                          CountText(metric.samples), CountText(metric.series_before), CountText(metric.series_after)});
  }
  return table;
}

Table Folds(const RuleTrial::Result& result, size_t entries) {
  Table table{.columns = {{"folds into __other__"}, {"series", true}, {"limit", true}, {"folded", true}}, .rows = {}};
  for (const RuleTrial::Fold& fold : result.folds) {
    if (table.rows.size() == entries) break;
    const std::string of_tag = fold.tag.empty() ? "" : absl::StrCat(", values of ", fold.tag);
    table.rows.push_back({fold.name.empty() ? "(all metrics)" : absl::StrCat(fold.name, of_tag), CountText(fold.series),
                          CountText(fold.limit), CountText(fold.series - fold.limit)});
  }
  return table;
}

}  // namespace

std::string RuleText(const RuleSpec& rule) {
  std::string text = rule.name;
  if (!rule.tags.empty()) absl::StrAppend(&text, "{", absl::StrJoin(rule.tags, ","), "}");
  if (rule.drop) absl::StrAppend(&text, " drop");
  if (!rule.scopes.empty()) absl::StrAppend(&text, " scope ", Scopes(rule));
  if (!rule.rename.empty()) absl::StrAppend(&text, " rename ", rule.rename);
  if (rule.by.has_value()) absl::StrAppend(&text, " by ", absl::StrJoin(*rule.by, ","));
  if (rule.without.has_value()) absl::StrAppend(&text, " without ", absl::StrJoin(*rule.without, ","));
  return text;
}

std::string TrialText(const RuleTrial::Result& result, const std::vector<RuleSpec>& rules, const TrialInput& input,
                      size_t entries, size_t columns, bool bold) {
  std::string text = Summary(result, input);
  for (const Table& table : {Rules(result, rules), Metrics(result, entries), Folds(result, entries)}) {
    if (!table.rows.empty()) absl::StrAppend(&text, "\n", AlignedText(table, bold, columns));
  }
  return text;
}

std::string TrialJson(const RuleTrial::Result& result, const std::vector<RuleSpec>& rules, const TrialInput& input) {
  Json json = {{"lines", input.lines},
               {"lines_rejected", input.lines_rejected},
               {"lines_skipped", input.lines_skipped},
               {"samples", result.samples},
               {"samples_dropped", result.samples_dropped},
               {"samples_not_tried", result.samples_not_tried},
               {"series_before", result.series_before},
               {"series_after", result.series_after},
               {"rules", Json::array()},
               {"metrics", Json::array()},
               {"folds", Json::array()}};
  for (size_t i = 0; i < rules.size(); ++i) {
    json["rules"].push_back(
        {{"rule", RuleText(rules[i])}, {"samples", result.rules[i].samples}, {"series", result.rules[i].series}});
  }
  for (const RuleTrial::MetricEffect& metric : result.metrics) {
    json["metrics"].push_back({{"name", metric.name},
                               {"samples", metric.samples},
                               {"series_before", metric.series_before},
                               {"series_after", metric.series_after},
                               {"becomes", metric.becomes}});
  }
  for (const RuleTrial::Fold& fold : result.folds) {
    json["folds"].push_back({{"metric", fold.name}, {"series", fold.series}, {"limit", fold.limit}});
    if (!fold.tag.empty()) json["folds"].back()["tag"] = fold.tag;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tributary
