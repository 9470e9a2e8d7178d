#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "proxy/promql/compensated_sum.h"
#include "proxy/promql/function_groups.h"

namespace tributary::promql {
namespace {

using Window = absl::Span<const Point>;

std::vector<Point> Floats(Window window) {
  std::vector<Point> floats;
  std::copy_if(window.begin(), window.end(), std::back_inserter(floats),
               [](const Point& point) { return point.distribution == nullptr; });
  return floats;
}

struct Line {
  double slope = 0;  // per second
  double intercept = 0;
};

// Least squares. A constant series has slope 0 exactly.
Line FitLine(const std::vector<Point>& points, int64_t intercept_ms) {
  const double first = points[0].value;
  if (std::all_of(points.begin(), points.end(), [&](const Point& point) { return point.value == first; })) {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    return std::isinf(first) ? Line{kNaN, kNaN} : Line{0, first};
  }
  CompensatedSum sum_x, sum_y, sum_xy, sum_xx;
  for (const Point& point : points) {
    const double x = static_cast<double>(point.time_ms - intercept_ms) / 1000;
    sum_x.Add(x);
    sum_y.Add(point.value);
    sum_xy.Add(x * point.value);
    sum_xx.Add(x * x);
  }
  const auto n = static_cast<double>(points.size());
  const double covariance = sum_xy.Total() - sum_x.Total() * sum_y.Total() / n;
  const double variance = sum_xx.Total() - sum_x.Total() * sum_x.Total() / n;
  const double slope = covariance / variance;
  return {slope, sum_y.Total() / n - slope * sum_x.Total() / n};
}

std::optional<Point> Derivative(const Call&, Window window) {
  const std::vector<Point> floats = Floats(window);
  if (floats.size() < 2) return std::nullopt;
  return Point{.value = FitLine(floats, floats[0].time_ms).slope};
}

std::optional<Point> PredictLinear(const Call& call, Window window) {
  const std::vector<Point> floats = Floats(window);
  if (floats.size() < 2) return std::nullopt;
  const Line line = FitLine(floats, call.time_ms);
  return Point{.value = line.slope * call.scalars[0] + line.intercept};
}

bool CheckFactor(const Call& call, absl::string_view name, double factor) {
  if (factor > 0 && factor < 1) return true;
  call.notes.Fail(absl::InvalidArgumentError(
      absl::StrCat("invalid ", name, " factor. Expected: 0 < factor < 1, got: ", FormatValue(factor), call.position)));
  return false;
}

// Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.4.3.3.
std::optional<Point> DoubleExponentialSmoothing(const Call& call, Window window) {
  const double smoothing = call.scalars[0];
  const double trend_factor = call.scalars[1];
  if (!CheckFactor(call, "smoothing", smoothing) || !CheckFactor(call, "trend", trend_factor)) return std::nullopt;
  const std::vector<Point> floats = Floats(window);
  if (floats.size() < 2) return std::nullopt;
  double level = floats[0].value;
  double trend = floats[1].value - floats[0].value;
  for (size_t i = 1; i < floats.size(); ++i) {
    const double next = smoothing * floats[i].value + (1 - smoothing) * (level + trend);
    if (i + 1 < floats.size()) trend = trend_factor * (next - level) + (1 - trend_factor) * trend;
    level = next;
  }
  return Point{.value = level};
}

}  // namespace

std::vector<Function> TrendFunctions() {
  using enum ValueType;
  Function smoothing{.name = "double_exponential_smoothing",
                     .arguments = {kMatrix, kScalar, kScalar},
                     .over_window = DoubleExponentialSmoothing};
  Function old_name = smoothing;
  old_name.name = "holt_winters";
  return {
      {.name = "deriv", .arguments = {kMatrix}, .over_window = Derivative},
      {.name = "predict_linear", .arguments = {kMatrix, kScalar}, .over_window = PredictLinear},
      smoothing,
      old_name,
  };
}

}  // namespace tributary::promql
