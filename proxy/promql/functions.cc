#include "proxy/promql/functions.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "proxy/promql/sketch_functions.h"

namespace tributary::promql {
namespace {

std::optional<Point> Abs(const Call&, const Point& point) {
  if (point.distribution) return std::nullopt;
  return Point{.value = std::abs(point.value)};
}

std::optional<Point> LastOverTime(const Call&, absl::Span<const Point> window) { return window.back(); }

// How much a counter grew between the ends of the window, drops being restarts, stretched to the whole window unless
// the ends are too far from it. Source: Prometheus, promql/functions.go, extrapolatedRate.
std::optional<Point> Increase(const Call& call, absl::Span<const Point> window) {
  if (window.size() < 2 || window.front().distribution) return std::nullopt;
  double grown = window.back().value - window.front().value;
  for (size_t i = 1; i < window.size(); ++i) {
    if (window[i].value < window[i - 1].value) grown += window[i - 1].value;
  }
  const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
  const double sampled = seconds(window.back().time_ms - window.front().time_ms);
  const double gap = sampled / static_cast<double>(window.size() - 1);
  double before = seconds(window.front().time_ms - (call.window_end_ms - call.range_ms));
  double after = seconds(call.window_end_ms - window.back().time_ms);
  const double threshold = gap * 1.1;
  if (before >= threshold) before = gap / 2;
  if (grown > 0 && window.front().value >= 0) before = std::min(before, sampled * (window.front().value / grown));
  if (after >= threshold) after = gap / 2;
  return Point{.value = grown * (sampled + before + after) / sampled};
}

std::optional<Point> PerSecond(const Call& call, const Point& increase) {
  const double factor = 1000 / static_cast<double>(call.range_ms);
  if (!increase.distribution) return Point{.value = increase.value * factor};
  absl::StatusOr<DistributionPtr> scaled = increase.distribution->Scaled(factor);
  if (scaled.ok()) return Point{.distribution = *std::move(scaled)};
  call.notes.Fail(scaled.status());
  return std::nullopt;
}

std::optional<Point> Rate(const Call& call, absl::Span<const Point> window) {
  const std::optional<Point> increase = Increase(call, window);
  return increase ? PerSecond(call, *increase) : std::nullopt;
}

std::optional<Point> PresentOverTime(const Call&, absl::Span<const Point>) { return Point{.value = 1}; }

std::optional<Point> HistogramQuantile(const Call& call, const Point& point) {
  if (!point.distribution) return std::nullopt;
  return Point{.value = point.distribution->Quantile(call.scalars[0])};
}

absl::StatusOr<std::vector<Series>> Time(GridCall& call) {
  std::vector<Series> result(1);
  for (int64_t i = 0; i < call.grid.count; ++i) {
    result[0].points.push_back({.time_ms = call.grid.At(i), .value = static_cast<double>(call.grid.At(i)) / 1000});
  }
  return result;
}

using Table = absl::flat_hash_map<absl::string_view, Function>;

Table MakeTable() {
  const Function functions[] = {
      {.name = "abs", .arguments = {ValueType::kVector}, .over_point = Abs},
      {.name = "last_over_time",
       .arguments = {ValueType::kMatrix},
       .keeps_name = true,
       .over_window = LastOverTime,
       .fold = Fold::kLast},
      {.name = "increase",
       .arguments = {ValueType::kMatrix},
       .over_window = Increase,
       .fold = Fold::kIncrease,
       .linear = true},
      {.name = "rate",
       .arguments = {ValueType::kMatrix},
       .over_window = Rate,
       .fold = Fold::kIncrease,
       .after_fold = PerSecond,
       .linear = true},
      {.name = "present_over_time",
       .arguments = {ValueType::kMatrix},
       .over_window = PresentOverTime,
       .fold = Fold::kPresent},
      {.name = "histogram_quantile",
       .arguments = {ValueType::kScalar, ValueType::kVector},
       .over_point = HistogramQuantile},
      {.name = "time", .result = ValueType::kScalar, .over_grid = Time},
  };
  Table table;
  for (const Function& function : functions) table.emplace(function.name, function);
  for (const Function& function : SketchFunctions()) table.emplace(function.name, function);
  return table;
}

}  // namespace

const Function* FindFunction(absl::string_view name) {
  static const Table& table = *new Table(MakeTable());
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace tributary::promql
