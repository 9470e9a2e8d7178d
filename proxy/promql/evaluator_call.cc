#include <utility>

#include "absl/container/inlined_vector.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "proxy/promql/evaluator.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

// The scalar arguments at one time after the other.
class ScalarsAt {
 public:
  explicit ScalarsAt(const std::vector<std::vector<double>>& scalars) : scalars_(scalars), now_(scalars.size()) {}
  absl::Span<const double> operator()(int64_t i) {
    for (size_t s = 0; s < scalars_.size(); ++s) now_[s] = scalars_[s][static_cast<size_t>(i)];
    return now_;
  }
  bool empty() const { return scalars_.empty(); }

 private:
  const std::vector<std::vector<double>>& scalars_;
  absl::InlinedVector<double, 4> now_;
};

// The windows of one series, each a span of its points: both ends only move forward.
class MovingWindow {
 public:
  explicit MovingWindow(absl::Span<const Point> points) : points_(points) {}
  absl::Span<const Point> At(int64_t end_ms, int64_t range_ms) {
    while (end_ < points_.size() && points_[end_].time_ms <= end_ms) ++end_;
    while (begin_ < end_ && points_[begin_].time_ms <= end_ms - range_ms) ++begin_;
    return points_.subspan(begin_, end_ - begin_);
  }

 private:
  absl::Span<const Point> points_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

const Expression* ArgumentOf(const FunctionCall& call, ValueType type) {
  for (const ExpressionPtr& argument : call.arguments) {
    if (argument->type == type) return argument.get();
  }
  return nullptr;
}

// One function over the windows of one series. Long windows are much work: the context is asked between them.
absl::StatusOr<std::vector<Point>> OverWindows(const Function& function, const Windows& windows,
                                               const Windows::Input& input, const Grid& grid, ScalarsAt scalars_at,
                                               Call call, const QueryContext& context) {
  constexpr size_t kPointsBetweenChecks = 1 << 20;
  size_t visited = 0;
  std::vector<Point> result;
  result.reserve(static_cast<size_t>(input.folded ? input.points.size() : grid.count));
  const bool fixed = windows.ends.count == 1;
  MovingWindow window(input.points);
  call.range_ms = windows.range_ms;
  std::optional<Point> point;
  for (int64_t i = 0; i < grid.count; ++i) {
    call.time_ms = grid.At(i);
    call.window_end_ms = fixed ? windows.ends.start_ms : windows.ends.At(i);
    if (!fixed || i == 0 || !scalars_at.empty()) {  // else as before
      call.scalars = scalars_at(i);
      const absl::Span<const Point> points = window.At(call.window_end_ms, input.folded ? 1 : windows.range_ms);
      if ((visited += points.size()) > kPointsBetweenChecks) {
        TRIBUTARY_RETURN_IF_ERROR(context.Check());
        visited = 0;
      }
      if (points.empty()) {
        point.reset();
      } else if (!input.folded) {
        point = function.over_window(call, points);
      } else {
        point = function.after_fold ? function.after_fold(call, points.back()) : points.back();
      }
    }
    if (!point) continue;
    result.push_back(*point);
    result.back().time_ms = call.time_ms;
  }
  return result;
}

}  // namespace

absl::StatusOr<Evaluated> Evaluator::EvaluateCall(const FunctionCall& call, const std::string& position,
                                                  const Grouping* grouping) {
  if (call.function->over_window) return EvaluateOverWindows(call, position, grouping);
  if (call.function->over_point) return EvaluateOverPoints(call, position);
  return EvaluateOverGrid(call, position);
}

absl::StatusOr<std::vector<std::vector<double>>> Evaluator::EvaluateScalars(const FunctionCall& call) {
  std::vector<std::vector<double>> scalars;
  for (const ExpressionPtr& argument : call.arguments) {
    if (argument->type != ValueType::kScalar) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(Evaluated scalar, Evaluate(*argument));
    scalars.push_back(std::move(scalar.scalars));
  }
  return scalars;
}

absl::StatusOr<Evaluated> Evaluator::EvaluateOverWindows(const FunctionCall& call, const std::string& position,
                                                         const Grouping* grouping) {
  const Function& function = *call.function;
  const Expression* const range = ArgumentOf(call, ValueType::kMatrix);
  TRIBUTARY_CHECK(range != nullptr);
  TRIBUTARY_ASSIGN_OR_RETURN(const auto scalars, EvaluateScalars(call));
  TRIBUTARY_ASSIGN_OR_RETURN(const Windows windows,
                             Select(*range, function.fold, function.linear ? grouping : nullptr));
  Evaluated result;
  for (const Windows::Input& input : windows.inputs) {
    TRIBUTARY_RETURN_IF_ERROR(evaluation_.context.Check());
    const Call at{.scalars = {}, .labels = input.labels, .position = position, .notes = evaluation_.notes};
    Series series{input.labels, {}};
    TRIBUTARY_ASSIGN_OR_RETURN(
        series.points, OverWindows(function, windows, input, grid_, ScalarsAt(scalars), at, evaluation_.context));
    TRIBUTARY_RETURN_IF_ERROR(evaluation_.notes.status());
    if (series.points.empty()) continue;
    if (!function.keeps_name) RemoveLabel(series.labels, kMetricName);
    result.series.push_back(std::move(series));
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(result.series));
  return result;
}

absl::StatusOr<Evaluated> Evaluator::EvaluateOverPoints(const FunctionCall& call, const std::string& position) {
  const Function& function = *call.function;
  const Expression* const vector = ArgumentOf(call, ValueType::kVector);
  TRIBUTARY_CHECK(vector != nullptr);
  TRIBUTARY_ASSIGN_OR_RETURN(const auto scalars, EvaluateScalars(call));
  const Selector* const selector = AsSelector(*vector);
  // timestamp(m) is when the points were taken; of anything else it is now.
  const bool times = selector != nullptr && function.name == "timestamp";
  absl::StatusOr<Evaluated> input = times ? EvaluateSelector(*selector, Fold::kRaw, nullptr) : Evaluate(*vector);
  if (!input.ok()) return input;
  ScalarsAt scalars_at(scalars);
  for (Series& series : input->series) {
    TRIBUTARY_RETURN_IF_ERROR(evaluation_.context.Check());
    Call at{.scalars = {}, .labels = series.labels, .position = position, .notes = evaluation_.notes};
    size_t kept = 0;
    for (Point& point : series.points) {
      at.time_ms = at.window_end_ms = point.time_ms;
      at.scalars = scalars_at((point.time_ms - grid_.start_ms) / grid_.step_ms);
      std::optional<Point> result = times ? point : function.over_point(at, point);
      if (!result) continue;
      result->time_ms = at.time_ms;
      series.points[kept++] = *std::move(result);
    }
    series.points.resize(kept);
    TRIBUTARY_RETURN_IF_ERROR(evaluation_.notes.status());
    if (!function.keeps_name) RemoveLabel(series.labels, kMetricName);
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(input->series));
  return input;
}

absl::StatusOr<Argument> Evaluator::EvaluateArgument(const Expression& expression, absl::string_view position) {
  Argument argument{.series = {}, .scalars = {}, .text = "", .position = position};
  const Expression& inner = Unwrapped(expression);
  if (const auto* selector = std::get_if<Selector>(&inner.node)) argument.matchers = &selector->matchers;
  if (expression.type != ValueType::kMatrix) {
    TRIBUTARY_ASSIGN_OR_RETURN(Evaluated evaluated, Evaluate(expression));
    argument.series = std::move(evaluated.series);
    argument.scalars = std::move(evaluated.scalars);
    argument.text = std::move(evaluated.text);
    return argument;
  }
  Function presence;
  presence.over_window = [](const Call&, absl::Span<const Point>) -> std::optional<Point> { return Point{.value = 1}; };
  TRIBUTARY_ASSIGN_OR_RETURN(const Windows windows, Select(expression, Fold::kPresent));
  for (const Windows::Input& input : windows.inputs) {
    const Call at{.scalars = {}, .labels = input.labels, .position = position, .notes = evaluation_.notes};
    TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Point> points,
                               OverWindows(presence, windows, input, grid_, ScalarsAt({}), at, evaluation_.context));
    argument.series.push_back({input.labels, std::move(points)});
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(argument.series));
  return argument;
}

absl::StatusOr<Evaluated> Evaluator::EvaluateOverGrid(const FunctionCall& call, const std::string& position) {
  GridCall grid_call{grid_, {}, position, evaluation_.notes, evaluation_.options.refuse_quantiles_of_numbers};
  std::vector<std::string> positions;
  positions.reserve(call.arguments.size());
  for (const ExpressionPtr& argument : call.arguments) {
    positions.push_back(PositionOf(*argument));
    TRIBUTARY_ASSIGN_OR_RETURN(Argument evaluated, EvaluateArgument(*argument, positions.back()));
    grid_call.arguments.push_back(std::move(evaluated));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<Series> series, call.function->over_grid(grid_call));
  TRIBUTARY_RETURN_IF_ERROR(evaluation_.notes.status());
  Evaluated result;
  if (call.function->result == ValueType::kScalar) {
    TRIBUTARY_CHECK(series.size() == 1 && static_cast<int64_t>(series[0].points.size()) == grid_.count);
    for (const Point& point : series[0].points) result.scalars.push_back(point.value);
    return result;
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(series));
  result.series = std::move(series);
  return result;
}

}  // namespace tributary::promql
