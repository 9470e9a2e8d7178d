#include "proxy/http/capacity_api.h"

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/program/admin_guard.h"
#include "common/stats/usl.h"
#include "proxy/http/envelope.h"
#include "proxy/http/parameters.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxGoals = 8;
constexpr size_t kMaxHolidays = 60;
constexpr size_t kMaxNoteBytes = 500;
constexpr size_t kMaxServiceBytes = 200;  // of a calibration's key

// null for what JSON has no number for.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json Number(const std::optional<double>& value) { return value ? Number(*value) : Json(); }
double Seconds(absl::Time time) { return static_cast<double>(absl::ToUnixMillis(time)) / 1000; }

HttpResponse Success(const Json& data) {
  const Json json = {{"status", "success"}, {"data", data}};
  return HttpResponse::Json(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What became of questions.
struct CapacityMetrics {
  explicit CapacityMetrics(Telemetry& telemetry)
      : answered(Result(telemetry, "answered")),
        bad_question(Result(telemetry, "bad_question")),
        refused(Result(telemetry, "refused")),
        unavailable(Result(telemetry, "unavailable")) {}
  static Counter& Result(Telemetry& telemetry, const char* result) {
    return telemetry.AddCounter("tributary_proxy_capacity_questions_total", "Questions of capacity, by result.",
                                {{"result", result}});
  }
  Counter& Of(const absl::Status& status) {
    if (status.ok()) return answered;
    if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) return bad_question;
    return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ? unavailable : refused;
  }

  Counter& answered;
  Counter& bad_question;
  Counter& refused;
  Counter& unavailable;
};

HttpResponse Respond(CapacityMetrics& metrics, const absl::StatusOr<Json>& data) {
  metrics.Of(data.status()).Increment();
  return data.ok() ? Success(*data) : ErrorResponse(data.status());
}

absl::Status Wrong(absl::string_view name, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("the parameter \"", name, "\" ", wanted));
}

std::string TextOf(const HttpRequest& request, absl::string_view name) {
  return std::string(request.Parameter(name).value_or(""));
}

absl::Status ReadNumber(const HttpRequest& request, absl::string_view name, double& value) {
  const std::string text = TextOf(request, name);
  if (text.empty()) return absl::OkStatus();
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) return Wrong(name, "must be a number");
  value = number;
  return absl::OkStatus();
}

absl::Status ReadCount(const HttpRequest& request, absl::string_view name, uint64_t least, uint64_t most,
                       uint64_t& value) {
  const std::string text = TextOf(request, name);
  if (text.empty()) return absl::OkStatus();
  uint64_t number = 0;
  // "+2" replicas, which a form sends as " 2".
  absl::string_view digits = absl::StripAsciiWhitespace(text);
  absl::ConsumePrefix(&digits, "+");
  if (!absl::SimpleAtoi(digits, &number) || number < least || number > most) {
    return Wrong(name, absl::StrCat("must be a whole number from ", least, " to ", most));
  }
  value = number;
  return absl::OkStatus();
}

absl::Status ReadDuration(const HttpRequest& request, absl::string_view name, absl::Duration& value) {
  if (const std::string text = TextOf(request, name); text == "0" || text == "0s") {
    value = absl::ZeroDuration();
    return absl::OkStatus();
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Duration> duration, DurationParameter(request, name));
  if (duration) value = absl::Floor(*duration, absl::Milliseconds(1));
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> RequiredTime(const HttpRequest& request, absl::string_view name) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Time> time, TimeParameter(request, name));
  if (!time) return Wrong(name, "is missing");
  return *time;
}

absl::StatusOr<std::string> RequiredText(const HttpRequest& request, absl::string_view name) {
  std::string text = TextOf(request, name);
  if (text.empty()) return Wrong(name, "is missing");
  return text;
}

// ---- headroom

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

absl::StatusOr<Json> Headroom(Capacity& capacity, const HttpRequest& http) {
  HeadroomRequest request;
  request.service = TextOf(http, "service");
  if (const std::string by = TextOf(http, "by"); !by.empty()) request.by = by;
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "window", request.window));
  uint64_t top = request.question.top;
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "top", 1, 1000, top));
  request.question.top = top;
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "q", request.question.quantile));
  double target = 0;
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "target", target));
  if (!TextOf(http, "target").empty()) request.question.target = target;
  TRIBUTARY_ASSIGN_OR_RETURN(const HeadroomAnswer answer, capacity.Headroom(request));
  const HeadroomReport& report = answer.report;
  Json data = {{"now", Seconds(answer.now)},
               {"by", request.by},
               {"window_seconds", absl::ToDoubleSeconds(request.window)},
               {"quantile", request.question.quantile},
               {"service", request.service},
               {"services", capacity.ServiceNames()},
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

// ---- forecast

absl::StatusOr<std::vector<Span>> HolidaysOf(const HttpRequest& http) {
  std::vector<Span> holidays;
  for (const absl::string_view text : http.Parameters("holiday")) {
    absl::Time day;
    std::string error;
    if (!absl::ParseTime("%Y-%m-%d", text, &day, &error)) return Wrong("holiday", "must be a day such as 2026-01-01");
    holidays.push_back({day, day + absl::Hours(24)});
    if (holidays.size() > kMaxHolidays) return Wrong("holiday", "may be given 60 times");
  }
  return holidays;
}

Json SeriesJson(const ForecastAnswer& answer) {
  Json history = Json::array();
  for (size_t i = 0; i < answer.history.values.size(); ++i) {
    history.push_back({{"time", Seconds(answer.history.TimeOf(i))}, {"value", Number(answer.history.values[i])}});
  }
  return history;
}

absl::StatusOr<Json> Forecast(Capacity& capacity, const HttpRequest& http) {
  ForecastRequest request;
  request.metric = TextOf(http, "metric");
  request.service = TextOf(http, "service");
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "horizon", request.horizon));
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "history", request.history));
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "interval", request.confidence));
  TRIBUTARY_ASSIGN_OR_RETURN(request.holidays, HolidaysOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const ForecastAnswer answer, capacity.Forecast(request));
  const SeasonalForecast& forecast = answer.forecast.forecast;
  Json methods = Json::array();
  for (const MethodScore& score : forecast.scores) {
    methods.push_back({{"method", score.method},
                       {"mean_absolute_error", Number(score.mean_absolute_error)},
                       {"origins", score.origins}});
  }
  Json points = Json::array();
  for (size_t i = 0; i < forecast.mean.size(); ++i) {
    points.push_back({{"time", Seconds(answer.forecast.TimeOf(i))},
                      {"low", Number(forecast.low[i])},
                      {"mean", Number(forecast.mean[i])},
                      {"high", Number(forecast.high[i])}});
  }
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
              {"methods", std::move(methods)},
              {"history", SeriesJson(answer)},
              {"forecast", std::move(points)},
              {"capacity", std::move(line)},
              {"notes", answer.notes}};
}

// ---- launch

std::string UnitOf(const LaunchCheck& check, const LaunchQuestion& question) {
  if (check.name == "queueing") return "per_second";
  for (const LatencyGoal& goal : question.goals) {
    if (goal.text == check.name) return "latency";
  }
  return "share";
}

Json CheckJson(const LaunchCheck& check, const LaunchQuestion& question) {
  return {{"service", check.service},
          {"name", check.name},
          {"host", check.host},
          {"unit", UnitOf(check, question)},
          {"now", Number(check.now)},
          {"expected_p50", Number(check.expected_p50)},
          {"expected_p90", Number(check.expected_p90)},
          {"limit", Number(check.limit)},
          {"exceeds", Number(check.exceeds)},
          {"breaks_at", Number(check.at_load)}};
}

absl::StatusOr<LaunchRequest> LaunchRequestOf(const HttpRequest& http) {
  LaunchRequest request;
  LaunchQuestion& question = request.question;
  TRIBUTARY_ASSIGN_OR_RETURN(request.service, RequiredText(http, "service"));
  TRIBUTARY_RETURN_IF_ERROR(RequiredText(http, "multiplier").status());
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "multiplier", question.multiplier));
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "share", question.share));
  TRIBUTARY_ASSIGN_OR_RETURN(question.at, RequiredTime(http, "at"));
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "for", question.length));
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "ramp", question.ramp));
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "window", request.window));
  for (const absl::string_view text : http.Parameters("slo")) {
    if (text.empty()) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(LatencyGoal goal, ParseGoal(text));
    question.goals.push_back(std::move(goal));
    if (question.goals.size() > kMaxGoals) return Wrong("slo", "may be given 8 times");
  }
  uint64_t replicas = 0;
  uint64_t paths = question.paths;
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "replicas", 0, 100'000, replicas));
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "paths", 100, 20'000, paths));
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "seed", 0, UINT64_MAX, question.seed));
  question.added_replicas = replicas;
  question.paths = paths;
  TRIBUTARY_RETURN_IF_ERROR(ParseDependencies(TextOf(http, "depends"), request));
  return request;
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

absl::StatusOr<Json> Launch(Capacity& capacity, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const LaunchRequest request, LaunchRequestOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const LaunchReport report, capacity.Launch(request));
  const LaunchAnswer& answer = report.answer;
  const LaunchQuestion& question = request.question;
  Json first;
  if (answer.first_to_break) {
    first = {{"service", answer.first_to_break->service},
             {"name", answer.first_to_break->name},
             {"host", answer.first_to_break->host},
             {"load", Number(answer.first_to_break->at_load)},
             {"multiplier", Number(answer.breaks_at_multiplier)}};
  }
  Json checks = Json::array();
  for (const LaunchCheck& check : answer.checks) checks.push_back(CheckJson(check, question));
  Json replicas = Json::array();
  for (const ReplicaNeed& need : answer.replicas) {
    replicas.push_back({{"service", need.service},
                        {"now", need.now},
                        {"added", need.service == request.service ? question.added_replicas : 0},
                        {"more", need.more ? Json(*need.more) : Json()}});
  }
  Json test;
  if (answer.test_host_load) {
    test = {{"service", answer.test_service}, {"host_load", *answer.test_host_load}, {"for_seconds", 600.0}};
  }
  Json budget;
  if (answer.budget) {
    budget = {{"slo", question.goals.front().text},
              {"allowed", *answer.budget},
              {"spent_p50", Number(answer.spent_p50)},
              {"spent_p90", Number(answer.spent_p90)}};
  }
  const std::string verdict = NameOf(answer.verdict);
  const std::string summary =
      answer.verdict == Verdict::kUnknown
          ? absl::StrCat(verdict, ": ", answer.reason)
          : absl::StrFormat("%s (%.0f %%): %s", verdict, 100 * answer.probability, answer.reason);
  return Json{{"service", request.service},
              {"verdict", verdict},
              {"probability", answer.probability},
              {"summary", summary},
              {"reason", answer.reason},
              {"missing", answer.missing},
              {"first_to_break", std::move(first)},
              {"demand", DemandJson(answer)},
              {"checks", std::move(checks)},
              {"replicas", std::move(replicas)},
              {"load_test", std::move(test)},
              {"budget", std::move(budget)},
              {"dependencies", DependenciesJson(report)},
              {"evidence",
               {{"hosts", report.hosts},
                {"peaks", answer.peaks},
                {"forecast_method", answer.forecast_method},
                {"backtested_coverage", Number(answer.coverage)},
                {"calibrations", report.calibrations},
                {"latency_law", report.latency_law.empty() ? Json() : Json(report.latency_law)}}},
              {"caveats", answer.caveats},
              {"notes", report.notes},
              {"paths", question.paths},
              {"seed", question.seed}};
}

// ---- calibrate

Json CalibrationJson(const Calibration& calibration) {
  return {{"service", calibration.service},
          {"from", Seconds(calibration.from)},
          {"to", Seconds(calibration.to)},
          {"redline", calibration.redline},
          {"note", calibration.note}};
}

absl::StatusOr<Json> ListCalibrations(Capacity& capacity, const HttpRequest&) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Calibration> calibrations, capacity.Calibrations());
  Json list = Json::array();
  for (const Calibration& calibration : calibrations) list.push_back(CalibrationJson(calibration));
  return Json{{"calibrations", std::move(list)}};
}

absl::StatusOr<Json> Calibrate(Capacity& capacity, const HttpRequest& http) {
  Calibration calibration;
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.service, RequiredText(http, "service"));
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.from, RequiredTime(http, "from"));
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.to, RequiredTime(http, "to"));
  calibration.redline = TextOf(http, "redline") == "true";
  calibration.note = TextOf(http, "note");
  if (calibration.note.size() > kMaxNoteBytes) return Wrong("note", "has more than 500 bytes");
  if (calibration.service.size() > kMaxServiceBytes) return Wrong("service", "has more than 200 bytes");
  if (TextOf(http, "remove") == "true") {
    TRIBUTARY_RETURN_IF_ERROR(capacity.Forget(calibration));
    return Json{{"removed", CalibrationJson(calibration)}};
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const CalibrationReport report, capacity.Calibrate(calibration));
  return Json{{"calibration", CalibrationJson(report.calibration)},
              {"minutes", report.minutes},
              {"highest_host_load", report.highest_host_load},
              {"highest_before", report.before},
              {"notes", report.notes}};
}

}  // namespace

absl::StatusOr<LatencyGoal> ParseGoal(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat(
      "\"", absl::Utf8SafeCHexEscape(text.substr(0, 64)), "\" is no goal: write a percentile and a target, p99<300ms"));
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('<', 1));
  if (parts.size() != 2) return wrong;
  absl::string_view percentile = absl::StripAsciiWhitespace(parts[0]);
  const absl::string_view target = absl::StripAsciiWhitespace(parts[1]);
  LatencyGoal goal;
  double percent = 0;
  if (!absl::ConsumePrefix(&percentile, "p") || !absl::SimpleAtod(percentile, &percent) ||
      !(percent > 0 && percent < 100)) {
    return wrong;
  }
  goal.q = percent / 100;
  if (!absl::SimpleAtod(target, &goal.target)) {
    const std::optional<absl::Duration> duration = ParseDuration(target);
    if (!duration) return wrong;
    goal.target = absl::ToDoubleMilliseconds(*duration);
  }
  if (!(goal.target > 0) || !std::isfinite(goal.target)) return wrong;
  goal.text = absl::StrCat("p", percentile, "<", target);
  return goal;
}

absl::Status ParseDependencies(absl::string_view text, LaunchRequest& request) {
  request.find_dependencies = text.empty() || text == "auto";
  if (request.find_dependencies || text == "none") return absl::OkStatus();
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    const size_t colon = word.rfind(':');
    DependencyWord dependency;
    if (colon == absl::string_view::npos || !absl::SimpleAtod(word.substr(colon + 1), &dependency.elasticity)) {
      return Wrong("depends", "is auto, none, or services with the requests there for one here: db:1.8,cache:0.4");
    }
    dependency.service = std::string(absl::StripAsciiWhitespace(word.substr(0, colon)));
    request.dependencies.push_back(std::move(dependency));
    if (request.dependencies.size() > 16) return Wrong("depends", "names more than 16 services");
  }
  return absl::OkStatus();
}

void RegisterCapacityApi(HttpServer& server, Capacity& capacity, bool remote_admin, Telemetry& telemetry) {
  using Question = absl::StatusOr<Json> (*)(Capacity&, const HttpRequest&);
  const auto metrics = std::make_shared<CapacityMetrics>(telemetry);
  const auto asking = [&capacity, metrics](Question question) {
    return [&capacity, metrics, question](const HttpRequest& request) {
      return Respond(*metrics, question(capacity, request));
    };
  };
  for (const char* method : {"GET", "POST"}) {
    server.Handle(method, "/api/v1/capacity/headroom", asking(Headroom));
    server.Handle(method, "/api/v1/capacity/forecast", asking(Forecast));
    server.Handle(method, "/api/v1/capacity/launch", asking(Launch));
  }
  server.Handle("GET", "/api/v1/capacity/calibrate", asking(ListCalibrations));
  server.Handle("POST", "/api/v1/capacity/calibrate", GuardAdmin(remote_admin, asking(Calibrate)));
}

}  // namespace tributary
