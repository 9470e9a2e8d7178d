#include "proxy/promql/sketch_functions.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace tributary::promql {
namespace {

std::optional<Point> Distinct(const Call& call, const Point& point) {
  if (point.distribution && point.distribution->kind() == Distribution::Kind::kSet) {
    return Point{.value = point.distribution->Count()};
  }
  call.notes.Fail(absl::FailedPreconditionError(
      absl::StrCat("distinct needs sets", call.position, "; of timers and histograms ask histogram_count")));
  return std::nullopt;
}

Series QuantileSeries(const Series& of, const Argument& label, const Argument& quantile, const Grid& grid) {
  Series result{.labels = of.labels, .points = {}};
  RemoveLabel(result.labels, kMetricName);
  SetLabel(result.labels, label.text, FormatValue(quantile.scalars.front()));
  for (const Point& point : of.points) {
    if (!point.distribution) continue;
    const double phi = quantile.scalars[static_cast<size_t>((point.time_ms - grid.start_ms) / grid.step_ms)];
    result.points.push_back({.time_ms = point.time_ms, .value = point.distribution->Quantile(phi)});
  }
  return result;
}

absl::StatusOr<std::vector<Series>> HistogramQuantiles(GridCall& call) {
  std::vector<Series> result;
  for (const Series& series : call.arguments[0].series) {
    for (size_t i = 2; i < call.arguments.size(); ++i) {
      Series quantile = QuantileSeries(series, call.arguments[1], call.arguments[i], call.grid);
      if (!quantile.points.empty()) result.push_back(std::move(quantile));
    }
  }
  return result;
}

}  // namespace

absl::Span<const Function> SketchFunctions() {
  static const auto& functions = *new std::vector<Function>{
      {.name = "histogram_quantiles",
       .arguments = {ValueType::kVector, ValueType::kString, ValueType::kScalar},
       .optional = -1,
       .over_grid = HistogramQuantiles},
      {.name = "distinct", .arguments = {ValueType::kVector}, .over_point = Distinct},
  };
  return functions;
}

}  // namespace tributary::promql
