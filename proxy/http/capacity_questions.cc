#include "proxy/http/capacity_questions.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "proxy/http/parameters.h"

namespace tributary {
namespace {

constexpr size_t kMaxGoals = 8;
constexpr size_t kMaxHolidays = 60;
constexpr size_t kMaxDependencies = 16;
constexpr size_t kMaxNoteBytes = 500;
constexpr size_t kMaxServiceBytes = 200;  // of a calibration's key

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

}  // namespace

absl::StatusOr<HeadroomRequest> HeadroomRequestOf(const HttpRequest& http) {
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
  return request;
}

absl::StatusOr<ForecastRequest> ForecastRequestOf(const HttpRequest& http) {
  ForecastRequest request;
  request.metric = TextOf(http, "metric");
  request.service = TextOf(http, "service");
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "horizon", request.horizon));
  TRIBUTARY_RETURN_IF_ERROR(ReadDuration(http, "history", request.history));
  TRIBUTARY_RETURN_IF_ERROR(ReadNumber(http, "interval", request.confidence));
  TRIBUTARY_ASSIGN_OR_RETURN(request.holidays, HolidaysOf(http));
  return request;
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
  TRIBUTARY_ASSIGN_OR_RETURN(request.holidays, HolidaysOf(http));
  for (const absl::string_view text : http.Parameters("slo")) {
    if (text.empty()) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(LatencyGoal goal, ParseGoal(text));
    question.goals.push_back(std::move(goal));
    if (question.goals.size() > kMaxGoals) return Wrong("slo", "may be given 8 times");
  }
  uint64_t replicas = 0;
  uint64_t paths = question.paths;
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "replicas", 0, kMaxReplicas, replicas));
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "paths", 100, 20'000, paths));
  TRIBUTARY_RETURN_IF_ERROR(ReadCount(http, "seed", 0, UINT64_MAX, question.seed));
  question.added_replicas = replicas;
  question.paths = paths;
  TRIBUTARY_RETURN_IF_ERROR(ParseDependencies(TextOf(http, "depends"), request));
  return request;
}

absl::StatusOr<CalibrationRequest> CalibrationRequestOf(const HttpRequest& http) {
  CalibrationRequest request;
  Calibration& calibration = request.calibration;
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.service, RequiredText(http, "service"));
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.from, RequiredTime(http, "from"));
  TRIBUTARY_ASSIGN_OR_RETURN(calibration.to, RequiredTime(http, "to"));
  calibration.redline = TextOf(http, "redline") == "true";
  calibration.note = TextOf(http, "note");
  if (calibration.note.size() > kMaxNoteBytes) return Wrong("note", "has more than 500 bytes");
  if (calibration.service.size() > kMaxServiceBytes) return Wrong("service", "has more than 200 bytes");
  request.remove = TextOf(http, "remove") == "true";
  return request;
}

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
    if (request.dependencies.size() > kMaxDependencies) return Wrong("depends", "names more than 16 services");
  }
  return absl::OkStatus();
}

}  // namespace tributary
