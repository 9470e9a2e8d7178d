#include "cli/capacity/answer_text.h"

#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/capacity/chart.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

double NumberOf(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string Percent(const Json& value, int digits = 0) {
  return value.is_number() ? absl::StrFormat("%.*f%%", digits, 100 * value.get<double>()) : "";
}

std::string Short(const Json& value) { return value.is_number() ? absl::StrFormat("%.4g", value.get<double>()) : ""; }

std::string TimeWords(const Json& seconds) {
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixMillis(std::llround(1000 * seconds.get<double>())),
                          absl::LocalTimeZone());
}

void AddSentences(const Json& sentences, const char* before, Findings& findings) {
  for (const Json& sentence : sentences) {
    findings.remarks.push_back(absl::StrCat(before, Printable(sentence.get<std::string>()), "."));
  }
}

std::vector<double> NumbersOf(const Json& points, const char* key) {
  std::vector<double> values;
  for (const Json& point : points) values.push_back(NumberOf(point.at(key)));
  return values;
}

std::string InUnit(const Json& value, const std::string& unit) {
  return unit == "share" ? Percent(value) : Short(value);
}

}  // namespace

Findings HeadroomFindings(const Json& data) {
  Findings findings;
  findings.json = data;
  findings.table.columns = {{data.at("by"), false}, {"resource", false}, {"p50", true},        {"p95", true},
                            {"p99", true},          {"now", true},       {"limit", true},      {"headroom", true},
                            {"x to limit", true},   {"first", false},    {"days (P90)", true}, {"confidence", false}};
  for (const Json& row : data.at("rows")) {
    const std::string instance = row.at("instance");
    const std::string resource = row.at("resource");
    findings.table.rows.push_back(
        {row.at("entity"), instance.empty() ? resource : absl::StrCat(resource, " ", instance), Percent(row.at("p50")),
         Percent(row.at("p95")), Percent(row.at("p99")), Percent(row.at("now")), Percent(row.at("limit")),
         Percent(row.at("headroom")), Short(row.at("multiplier")), row.at("bottleneck").get<bool>() ? "yes" : "",
         row.at("days_to_limit").is_number() ? absl::StrFormat("%.1f", row.at("days_to_limit").get<double>()) : "",
         row.at("confidence")});
  }
  findings.remarks.push_back(Printable(data.at("summary").get<std::string>()));
  if (data.at("imbalance").is_number()) {
    findings.remarks.push_back(absl::StrCat("The busiest has ", Short(data.at("imbalance")),
                                            " times the mean load: ", Percent(data.at("lost_to_imbalance")),
                                            " of the fleet's capacity is lost to that."));
  }
  if (data.at("left_out").get<size_t>() > 0) {
    findings.remarks.push_back(absl::StrCat(data.at("left_out").get<size_t>(), " rows more; --top shows them."));
  }
  AddSentences(data.at("notes"), "Mind: ", findings);
  return findings;
}

std::string ForecastChart(const Json& data, size_t width) {
  Chart chart;
  chart.history = NumbersOf(data.at("history"), "value");
  const Json& forecast = data.at("forecast");
  if (chart.history.empty() || forecast.empty()) return "";
  // About as much past as future, so that the future can be seen; a week at least.
  const size_t shown = std::max<size_t>(7 * 24, forecast.size());
  if (chart.history.size() > shown) {
    chart.history.erase(chart.history.begin(), chart.history.end() - static_cast<std::ptrdiff_t>(shown));
  }
  chart.low = NumbersOf(forecast, "low");
  chart.middle = NumbersOf(forecast, "mean");
  chart.high = NumbersOf(forecast, "high");
  if (data.at("capacity").is_object()) chart.limit = data.at("capacity").at("load");
  return absl::StrCat(ChartText(chart, width, 16), "           * seen, o forecast, : its interval",
                      chart.limit > 0 ? ", = capacity" : "", "; from ",
                      TimeWords(data.at("history").at(data.at("history").size() - chart.history.size()).at("time")),
                      " to ", TimeWords(forecast.back().at("time")), "\n");
}

Findings CapacityForecastFindings(const Json& data) {
  Findings findings;
  findings.json = data;
  findings.table.columns = {{"time", false}, {"low", true}, {"forecast", true}, {"high", true}};
  for (const Json& point : data.at("forecast")) {
    findings.table.rows.push_back({TimeWords(point.at("time")), NumberText(NumberOf(point.at("low"))),
                                   NumberText(NumberOf(point.at("mean"))), NumberText(NumberOf(point.at("high")))});
  }
  const bool is_rate = data.at("unit") == "per_second";
  findings.remarks.push_back(
      absl::StrCat(Printable(data.at("metric").get<std::string>()), is_rate ? " a second, by hour" : ", means by hour",
                   ": ", data.at("method").get<std::string>(), ", the best of ", data.at("methods").size(),
                   " in the backtest; trend ", Short(data.at("trend_per_day")), " a day."));
  if (data.at("backtested_coverage").is_number()) {
    findings.remarks.push_back(absl::StrCat("Intervals of ", Percent(data.at("confidence")), " held ",
                                            Percent(data.at("backtested_coverage"), 1), " of the backtest's values."));
  }
  if (data.at("capacity").is_object()) {
    const Json& capacity = data.at("capacity");
    findings.remarks.push_back(
        absl::StrCat("Capacity ", Short(capacity.at("load")), " a second: ", capacity.at("resource").get<std::string>(),
                     " of ", Printable(capacity.at("host").get<std::string>()), " reaches its limit first."));
  }
  if (const std::string caveat = data.at("caveat"); !caveat.empty()) {
    findings.remarks.push_back(absl::StrCat("Mind: ", caveat, "."));
  }
  AddSentences(data.at("notes"), "Mind: ", findings);
  return findings;
}

std::string VerdictLine(const Json& data, const Style& style) {
  const std::string verdict = data.at("verdict");
  const std::string summary = Printable(data.at("summary").get<std::string>());
  const absl::string_view rest = absl::string_view(summary).substr(verdict.size());
  const std::string shown = verdict == "YES"  ? style.Good(verdict)
                            : verdict == "NO" ? style.Bad(verdict)
                                              : style.Warn(verdict);
  return absl::StrCat(shown, rest, "\n");
}

Findings LaunchFindings(const Json& data) {
  Findings findings;
  findings.json = data;
  findings.table.columns = {{"service", false}, {"what", false},    {"host", false},
                            {"now", true},      {"expected", true}, {"expected P90", true},
                            {"limit", true},    {"P(over)", true},  {"breaks at", true}};
  for (const Json& check : data.at("checks")) {
    const std::string unit = check.at("unit");
    findings.table.rows.push_back({check.at("service"), check.at("name"), check.at("host"),
                                   InUnit(check.at("now"), unit), InUnit(check.at("expected_p50"), unit),
                                   InUnit(check.at("expected_p90"), unit), InUnit(check.at("limit"), unit),
                                   Percent(check.at("exceeds"), 1), Short(check.at("breaks_at"))});
  }
  const Json& demand = data.at("demand");
  findings.remarks.push_back(absl::StrFormat(
      "Demand at its busiest: usually %s a second (P90 %s), in the launch %s (P90 %s); the busiest host gets %s (P95), "
      "the "
      "highest ever seen on one is %s.",
      Short(demand.at("usual_p50")), Short(demand.at("usual_p90")), Short(demand.at("launch_p50")),
      Short(demand.at("launch_p90")), Short(demand.at("host_p95")), Short(demand.at("highest_seen_host"))));
  if (const Json& first = data.at("first_to_break"); first.is_object()) {
    const std::string host = first.at("host");
    findings.remarks.push_back(absl::StrCat(
        "First to break: ", Printable(first.at("name").get<std::string>()), " of ",
        Printable(first.at("service").get<std::string>()), host.empty() ? "" : absl::StrCat(", on ", Printable(host)),
        ", at ", Short(first.at("load")), " a second (", Short(first.at("multiplier")), " times the usual)."));
  }
  for (const Json& need : data.at("replicas")) {
    const std::string service = Printable(need.at("service").get<std::string>());
    if (!need.at("more").is_number()) {
      findings.remarks.push_back(absl::StrCat("No number of replicas of ", service, " is enough."));
    } else if (need.at("more").get<size_t>() > 0) {
      const size_t more = need.at("more").get<size_t>();
      findings.remarks.push_back(absl::StrCat(
          "To be sure at 95 %: ", more, more == 1 ? " replica of " : " replicas of ", service, " more (now ",
          need.at("now").get<size_t>(),
          need.at("added").get<size_t>() > 0 ? absl::StrCat(", and ", need.at("added").get<size_t>(), " as asked") : "",
          ")."));
    }
  }
  if (const Json& test = data.at("load_test"); test.is_object()) {
    findings.remarks.push_back(
        absl::StrCat("Load test to run: ", Short(test.at("host_load")), " a second on one host of ",
                     Printable(test.at("service").get<std::string>()), " for ", Short(test.at("for_seconds")),
                     " s; then mark it: tributary capacity calibrate --from ... --to ..."));
  }
  if (const Json& budget = data.at("budget"); budget.is_object()) {
    findings.remarks.push_back(absl::StrCat(
        "Error budget of 30 days for ", Printable(budget.at("slo").get<std::string>()), ": the launch spends ",
        Percent(budget.at("spent_p50"), 1), " (P90 ", Percent(budget.at("spent_p90"), 1), ")."));
  }
  for (const Json& each : data.at("dependencies")) {
    findings.remarks.push_back(absl::StrFormat(
        "%s gets %s requests for each one here (90 %%: %s to %s)%s.", Printable(each.at("service").get<std::string>()),
        Short(each.at("elasticity")), Short(each.at("low")), Short(each.at("high")),
        each.at("included").get<bool>() ? "" : ": it does not follow, and is left out"));
  }
  const Json& evidence = data.at("evidence");
  findings.remarks.push_back(
      absl::StrCat("Evidence: ", evidence.at("hosts").get<size_t>(), " hosts, ", evidence.at("peaks").get<size_t>(),
                   " daily peaks, ", evidence.at("calibrations").get<size_t>(), " marked load tests; forecast by ",
                   evidence.at("forecast_method").get<std::string>(),
                   evidence.at("backtested_coverage").is_number()
                       ? absl::StrCat(", whose intervals of 95% held ", Percent(evidence.at("backtested_coverage"), 1))
                       : "",
                   "."));
  AddSentences(data.at("caveats"), "Mind: ", findings);
  AddSentences(data.at("notes"), "Mind: ", findings);
  return findings;
}

Findings CalibrationFindings(const Json& data) {
  Findings findings;
  findings.json = data;
  findings.table.columns = {{"service", false}, {"from", false}, {"to", false}, {"redline", false}, {"note", false}};
  const auto add = [&](const Json& calibration) {
    findings.table.rows.push_back({calibration.at("service"), TimeWords(calibration.at("from")),
                                   TimeWords(calibration.at("to")), calibration.at("redline").get<bool>() ? "yes" : "",
                                   calibration.at("note")});
  };
  if (data.contains("calibrations")) {
    for (const Json& calibration : data.at("calibrations")) add(calibration);
    if (findings.table.rows.empty()) findings.remarks.push_back("No load test is marked.");
    return findings;
  }
  if (data.contains("removed")) {
    add(data.at("removed"));
    findings.remarks.push_back("Forgotten.");
    return findings;
  }
  add(data.at("calibration"));
  findings.remarks.push_back(absl::StrCat("Marked. Over ", data.at("minutes").get<size_t>(),
                                          " minutes the busiest host had up to ", Short(data.at("highest_host_load")),
                                          " a second; before, the most was ", Short(data.at("highest_before")), "."));
  AddSentences(data.at("notes"), "Mind: ", findings);
  return findings;
}

}  // namespace tributary
