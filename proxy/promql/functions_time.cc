#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "absl/time/civil_time.h"
#include "proxy/promql/function_groups.h"

namespace tributary::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <typename ValueAt>
std::vector<Series> OnGrid(const Grid& grid, ValueAt value_at) {
  std::vector<Series> result(1);
  for (int64_t i = 0; i < grid.count; ++i) {
    result[0].points.push_back({.time_ms = grid.At(i), .value = value_at(static_cast<size_t>(i))});
  }
  return result;
}

double Seconds(int64_t time_ms) { return static_cast<double>(time_ms) / 1000; }

absl::StatusOr<std::vector<Series>> Time(GridCall& call) {
  return OnGrid(call.grid, [&](size_t i) { return Seconds(call.grid.At(static_cast<int64_t>(i))); });
}

absl::StatusOr<std::vector<Series>> Pi(GridCall& call) {
  return OnGrid(call.grid, [](size_t) { return std::numbers::pi; });
}

absl::StatusOr<std::vector<Series>> Vector(GridCall& call) {
  return OnGrid(call.grid, [&](size_t i) { return call.arguments[0].scalars[i]; });
}

// NaN where there is not exactly one float.
absl::StatusOr<std::vector<Series>> Scalar(GridCall& call) {
  const size_t size = static_cast<size_t>(call.grid.count);
  std::vector<double> values(size, kNaN);
  std::vector<int> found(size, 0);
  for (const Series& series : call.arguments[0].series) {
    for (const Point& point : series.points) {
      if (point.distribution) continue;
      const auto i = static_cast<size_t>((point.time_ms - call.grid.start_ms) / call.grid.step_ms);
      values[i] = ++found[i] == 1 ? point.value : kNaN;
    }
  }
  return OnGrid(call.grid, [&](size_t i) { return values[i]; });
}

std::optional<Point> Timestamp(const Call&, const Point& point) { return Point{.value = Seconds(point.time_ms)}; }

// The labels that the selector says a series would have.
Labels LabelsOf(const std::vector<LabelMatcher>* matchers) {
  Labels labels;
  if (matchers == nullptr) return labels;
  std::set<std::string> unclear;
  for (const LabelMatcher& matcher : *matchers) {
    if (matcher.label == kMetricName) continue;
    if (matcher.op != LabelMatcher::Op::kEqual || !LabelValue(labels, matcher.label).empty()) {
      unclear.insert(matcher.label);
    } else if (!matcher.value.empty()) {
      SetLabel(labels, matcher.label, matcher.value);
    }
  }
  for (const std::string& label : unclear) RemoveLabel(labels, label);
  return labels;
}

// 1 at the times at which no series has a point.
absl::StatusOr<std::vector<Series>> Absent(GridCall& call) {
  std::vector<bool> present(static_cast<size_t>(call.grid.count), false);
  for (const Series& series : call.arguments[0].series) {
    for (const Point& point : series.points) {
      present[static_cast<size_t>((point.time_ms - call.grid.start_ms) / call.grid.step_ms)] = true;
    }
  }
  Series absent{LabelsOf(call.arguments[0].matchers), {}};
  for (int64_t i = 0; i < call.grid.count; ++i) {
    if (!present[static_cast<size_t>(i)]) absent.points.push_back({.time_ms = call.grid.At(i), .value = 1});
  }
  std::vector<Series> result;
  if (!absent.points.empty()) result.push_back(std::move(absent));
  return result;
}

// UTC, of Unix seconds. NaN for what is no time of the next or last hundred million years.
template <double (*field)(absl::CivilSecond)>
double DateField(double seconds) {
  if (!(std::abs(seconds) < 3e15)) return kNaN;
  return field(absl::CivilSecond(1970) + static_cast<int64_t>(seconds));
}

double Minute(absl::CivilSecond time) { return time.minute(); }
double Hour(absl::CivilSecond time) { return time.hour(); }
double DayOfMonth(absl::CivilSecond time) { return time.day(); }
double DayOfYear(absl::CivilSecond time) { return absl::GetYearDay(absl::CivilDay(time)); }
double Month(absl::CivilSecond time) { return time.month(); }
double Year(absl::CivilSecond time) { return static_cast<double>(time.year()); }
// Sunday is 0.
double DayOfWeek(absl::CivilSecond time) { return (static_cast<int>(absl::GetWeekday(absl::CivilDay(time))) + 1) % 7; }
double DaysInMonth(absl::CivilSecond time) {
  const absl::CivilMonth month(time);
  return static_cast<double>(absl::CivilDay(month + 1) - absl::CivilDay(month));
}

// Without an argument: of the evaluation's time.
template <double (*field)(absl::CivilSecond)>
absl::StatusOr<std::vector<Series>> Date(GridCall& call) {
  if (call.arguments.empty()) {
    return OnGrid(call.grid,
                  [&](size_t i) { return DateField<field>(Seconds(call.grid.At(static_cast<int64_t>(i)))); });
  }
  std::vector<Series> result = std::move(call.arguments[0].series);
  for (Series& series : result) {
    RemoveLabel(series.labels, kMetricName);
    std::erase_if(series.points, [](const Point& point) { return point.distribution != nullptr; });
    for (Point& point : series.points) point.value = DateField<field>(point.value);
  }
  std::erase_if(result, [](const Series& series) { return series.points.empty(); });
  return result;
}

template <double (*field)(absl::CivilSecond)>
Function DateFunction(absl::string_view name) {
  return {.name = name, .arguments = {ValueType::kVector}, .optional = 1, .over_grid = Date<field>};
}

}  // namespace

std::vector<Function> TimeFunctions() {
  using enum ValueType;
  return {
      {.name = "time", .result = kScalar, .over_grid = Time},
      {.name = "pi", .result = kScalar, .over_grid = Pi},
      {.name = "vector", .arguments = {kScalar}, .over_grid = Vector},
      {.name = "scalar", .result = kScalar, .arguments = {kVector}, .over_grid = Scalar},
      {.name = "timestamp", .arguments = {kVector}, .over_point = Timestamp},
      {.name = "absent", .arguments = {kVector}, .over_grid = Absent},
      {.name = "absent_over_time", .arguments = {kMatrix}, .over_grid = Absent},
      DateFunction<Minute>("minute"),
      DateFunction<Hour>("hour"),
      DateFunction<DayOfWeek>("day_of_week"),
      DateFunction<DayOfMonth>("day_of_month"),
      DateFunction<DayOfYear>("day_of_year"),
      DateFunction<DaysInMonth>("days_in_month"),
      DateFunction<Month>("month"),
      DateFunction<Year>("year"),
  };
}

}  // namespace tributary::promql
