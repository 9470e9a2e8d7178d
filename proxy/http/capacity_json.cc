#include "proxy/http/capacity_json.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/stats/usl.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

// null for what JSON has no number for.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json Number(const std::optional<double>& value) { return value ? Number(*value) : Json(); }
double Seconds(absl::Time time) { return static_cast<double>(absl::ToUnixMillis(time)) / 1000; }

Json RowJson(const HeadroomRow& row) {
  return {{"entity", row.entity},
          {"resource", row.resource},
          {"instance", row.instance},
          {"service", row.service},
          {"p50", Number(row.p50)},
          {"p95", Number(row.p95)},
          {"p99", Number(row.p99)},
          {"now", Number(row.now)},
          {"limit", row.limit},
          {"headroom", Number(row.headroom)},
          {"multiplier", Number(row.multiplier)},
          {"bottleneck", row.bottleneck},
          {"days_to_limit", Number(row.days_to_limit)},
          {"confidence", row.confidence},
          {"samples", row.samples},
          {"coverage", row.coverage},
          {"days", row.days},
          {"r_squared", Number(row.r_squared)}};
}

Json SeriesJson(const ForecastAnswer& answer) {
  Json history = Json::array();
  for (size_t i = 0; i < answer.history.values.size(); ++i) {
    history.push_back({{"time", Seconds(answer.history.TimeOf(i))}, {"value", Number(answer.history.values[i])}});
  }
  return history;
}

Json MethodsJson(const SeasonalForecast& forecast) {
  Json methods = Json::array();
  for (const MethodScore& score : forecast.scores) {
    methods.push_back({{"method", score.method},
                       {"mean_absolute_error", Number(score.mean_absolute_error)},
                       {"origins", score.origins}});
  }
  return methods;
}

Json PointsJson(const HourlyForecast& hourly) {
  const SeasonalForecast& forecast = hourly.forecast;
  Json points = Json::array();
  for (size_t i = 0; i < forecast.mean.size(); ++i) {
    points.push_back({{"time", Seconds(hourly.TimeOf(i))},
                      {"low", Number(forecast.low[i])},
                      {"mean", Number(forecast.mean[i])},
                      {"high", Number(forecast.high[i])}});
  }
  return points;
}

std::string UnitOf(const LaunchCheck& check) {
  if (check.kind == LaunchCheck::Kind::kQueueing) return "per_second";
  return check.kind == LaunchCheck::Kind::kGoal ? "latency" : "share";
}

Json CheckJson(const LaunchCheck& check) {
  return {{"service", check.service},
          {"name", check.name},
          {"host", check.host},
          {"unit", UnitOf(check)},
          {"now", Number(check.now)},
          {"expected_p50", Number(check.expected_p50)},
          {"expected_p90", Number(check.expected_p90)},
          {"limit", Number(check.limit)},
          {"exceeds", Number(check.exceeds)},
          {"breaks_at", Number(check.at_load)}};
}

Json FirstToBreakJson(const LaunchAnswer& answer) {
  if (!answer.first_to_break) return Json();
  const LaunchCheck& first = *answer.first_to_break;
  return {{"service", first.service},
          {"name", first.name},
          {"host", first.host},
          {"load", Number(first.at_load)},
          {"multiplier", Number(answer.breaks_at_multiplier)}};
}

Json DemandJson(const LaunchAnswer& answer) {
  return {{"usual_p50", Number(answer.usual_p50)},
          {"usual_p90", Number(answer.usual_p90)},
          {"launch_p50", Number(answer.launch_p50)},
          {"launch_p90", Number(answer.launch_p90)},
          {"host_p95", Number(answer.host_p95)},
          {"highest_seen_host", Number(answer.highest_load)},
          {"reach", UslFit::kSafeReach},
          {"burst", answer.burst}};
}

Json ReplicasJson(const LaunchRequest& request, const LaunchAnswer& answer) {
  Json replicas = Json::array();
  for (const ReplicaNeed& need : answer.replicas) {
    replicas.push_back({{"service", need.service},
                        {"now", need.now},
                        {"added", need.service == request.service ? request.question.added_replicas : 0},
                        {"more", need.more ? Json(*need.more) : Json()}});
  }
  return replicas;
}

Json LoadTestJson(const LaunchAnswer& answer) {
  if (!answer.test_host_load) return Json();
  return {{"service", answer.test_service}, {"host_load", *answer.test_host_load}, {"for_seconds", 600.0}};
}

Json BudgetJson(const LaunchAnswer& answer) {
  if (!answer.budget) return Json();
  return {{"slo", answer.budget_goal},
          {"allowed", *answer.budget},
          {"spent_p50", Number(answer.spent_p50)},
          {"spent_p90", Number(answer.spent_p90)}};
}

Json EvidenceJson(const LaunchReport& report) {
  return {{"hosts", report.hosts},
          {"peaks", report.answer.peaks},
          {"forecast_method", report.answer.forecast_method},
          {"backtested_coverage", Number(report.answer.coverage)},
          {"calibrations", report.calibrations},
          {"latency_law", report.latency_law.empty() ? Json() : Json(report.latency_law)}};
}

std::string SummaryOf(const LaunchAnswer& answer) {
  const std::string verdict = NameOf(answer.verdict);
  if (answer.verdict == Verdict::kUnknown) return absl::StrCat(verdict, ": ", answer.reason);
  return absl::StrFormat("%s (%.0f %%): %s", verdict, 100 * answer.probability, answer.reason);
}

Json DependenciesJson(const LaunchReport& report) {
  Json dependencies = Json::array();
  for (const DependencyFinding& each : report.dependencies) {
    dependencies.push_back({{"service", each.service},
                            {"elasticity", each.elasticity.slope},
                            {"low", each.elasticity.low},
                            {"high", each.elasticity.high},
                            {"r_squared", Number(each.elasticity.r_squared)},
                            {"included", each.included}});
  }
  return dependencies;
}

}  // namespace

Json HeadroomJson(const HeadroomRequest& request, const HeadroomAnswer& answer,
                  const std::vector<std::string>& services) {
  const HeadroomReport& report = answer.report;
  Json data = {{"now", Seconds(answer.now)},
               {"by", request.by},
               {"window_seconds", absl::ToDoubleSeconds(request.window)},
               {"quantile", request.question.quantile},
               {"service", request.service},
               {"services", services},
               {"rows", Json::array()},
               {"entities", report.entities},
               {"left_out", report.left_out},
               {"fleet_multiplier", Number(report.fleet_multiplier)},
               {"imbalance", Number(report.imbalance)},
               {"lost_to_imbalance", report.imbalance ? Number(1 - 1 / *report.imbalance) : Json()},
               {"summary", report.summary},
               {"notes", answer.notes}};
  for (const HeadroomRow& row : report.rows) data["rows"].push_back(RowJson(row));
  return data;
}

Json ForecastJson(const ForecastRequest& request, const ForecastAnswer& answer) {
  const SeasonalForecast& forecast = answer.forecast.forecast;
  Json line;
  if (answer.capacity) {
    line = {{"load", answer.capacity->load}, {"resource", answer.capacity->resource}, {"host", answer.capacity->host}};
  }
  return Json{{"metric", answer.metric},
              {"service", request.service},
              {"unit", answer.is_rate ? "per_second" : "value"},
              {"step_seconds", 3600.0},
              {"method", forecast.method},
              {"trend_per_day", Number(forecast.trend_per_day)},
              {"confidence", forecast.confidence},
              {"backtested_coverage", Number(forecast.coverage)},
              {"observed", forecast.observed},
              {"caveat", forecast.caveat},
              {"methods", MethodsJson(forecast)},
              {"history", SeriesJson(answer)},
              {"forecast", PointsJson(answer.forecast)},
              {"capacity", std::move(line)},
              {"notes", answer.notes}};
}

Json LaunchJson(const LaunchRequest& request, const LaunchReport& report) {
  const LaunchAnswer& answer = report.answer;
  const LaunchQuestion& question = request.question;
  Json checks = Json::array();
  for (const LaunchCheck& check : answer.checks) checks.push_back(CheckJson(check));
  return Json{{"service", request.service},
              {"verdict", NameOf(answer.verdict)},
              {"probability", answer.probability},
              {"summary", SummaryOf(answer)},
              {"reason", answer.reason},
              {"missing", answer.missing},
              {"first_to_break", FirstToBreakJson(answer)},
              {"demand", DemandJson(answer)},
              {"checks", std::move(checks)},
              {"replicas", ReplicasJson(request, answer)},
              {"load_test", LoadTestJson(answer)},
              {"budget", BudgetJson(answer)},
              {"dependencies", DependenciesJson(report)},
              {"evidence", EvidenceJson(report)},
              {"caveats", answer.caveats},
              {"notes", report.notes},
              {"paths", question.paths},
              {"seed", question.seed}};
}

Json CalibrationJson(const Calibration& calibration) {
  return {{"service", calibration.service},
          {"from", Seconds(calibration.from)},
          {"to", Seconds(calibration.to)},
          {"redline", calibration.redline},
          {"note", calibration.note}};
}

Json CalibrationReportJson(const CalibrationReport& report) {
  return {{"calibration", CalibrationJson(report.calibration)},
          {"minutes", report.minutes},
          {"highest_host_load", report.highest_host_load},
          {"highest_before", report.before},
          {"notes", report.notes}};
}

}  // namespace tributary
