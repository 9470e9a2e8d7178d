#include "proxy/promql/engine.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/promql/evaluator.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/parser.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

constexpr int64_t kMaxTimeMs = 1'000'000'000'000'000;  // in the year 33658; sums of times stay exact

absl::Status CheckTimes(int64_t start_ms, int64_t end_ms, int64_t step_ms, const QueryLimits& limits) {
  if (std::abs(start_ms) > kMaxTimeMs || std::abs(end_ms) > kMaxTimeMs) {
    return absl::InvalidArgumentError("time is out of range");
  }
  if (end_ms < start_ms) return absl::InvalidArgumentError("end timestamp must not be before start time");
  if (step_ms <= 0 || step_ms > kMaxTimeMs) {
    return absl::InvalidArgumentError(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if ((end_ms - start_ms) / step_ms + 1 > limits.max_points_per_series) {
    return absl::ResourceExhaustedError(absl::StrCat("exceeded maximum resolution of ", limits.max_points_per_series,
                                                     " points per timeseries (query.max_points_per_series). Try "
                                                     "decreasing the query resolution (?step=XX)"));
  }
  return absl::OkStatus();
}

// The points of each window, as an instant query of m[5m] asks.
absl::StatusOr<std::vector<Series>> WindowPoints(Evaluator& evaluator, const Expression& expression) {
  TRIBUTARY_ASSIGN_OR_RETURN(Windows windows, evaluator.Select(expression, Fold::kRaw));
  const int64_t end_ms = windows.ends.start_ms;
  std::vector<Series> result;
  for (Windows::Input& input : windows.inputs) {
    std::erase_if(input.points, [&](const Point& point) {
      return point.time_ms > end_ms || point.time_ms <= end_ms - windows.range_ms;
    });
    result.push_back({std::move(input.labels), std::move(input.points)});
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(result));
  SortByLabels(result);
  return result;
}

Series SeriesOfScalars(const Grid& grid, const std::vector<double>& scalars) {
  Series series;
  for (size_t i = 0; i < scalars.size(); ++i) {
    series.points.push_back({.time_ms = grid.At(static_cast<int64_t>(i)), .value = scalars[i]});
  }
  return series;
}

Answer WithNotes(Answer answer, const Notes& notes) {
  answer.warnings = notes.warnings();
  answer.infos = notes.infos();
  return answer;
}

}  // namespace

absl::StatusOr<Answer> Engine::Instant(absl::string_view query, int64_t time_ms, QueryContext& context) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const ExpressionPtr expression, Parse(query));
  TRIBUTARY_RETURN_IF_ERROR(CheckTimes(time_ms, time_ms, 1, context.limits()));
  const Grid grid{time_ms, 1, 1};
  Notes notes;
  const Evaluation evaluation{query, grid, options_, source_, context, notes};
  Evaluator evaluator(evaluation, grid);
  Answer answer;
  answer.type = expression->type;
  if (expression->type == ValueType::kMatrix) {
    TRIBUTARY_ASSIGN_OR_RETURN(answer.series, WindowPoints(evaluator, *expression));
    return WithNotes(std::move(answer), notes);
  }
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated evaluated, evaluator.Evaluate(*expression));
  answer.series = std::move(evaluated.series);
  answer.text = std::move(evaluated.text);
  answer.scalar = {.time_ms = time_ms, .value = evaluated.scalars.empty() ? 0 : evaluated.scalars.front()};
  return WithNotes(std::move(answer), notes);
}

absl::StatusOr<Answer> Engine::Range(absl::string_view query, int64_t start_ms, int64_t end_ms, int64_t step_ms,
                                     QueryContext& context) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const ExpressionPtr expression, Parse(query));
  TRIBUTARY_RETURN_IF_ERROR(CheckTimes(start_ms, end_ms, step_ms, context.limits()));
  if (expression->type != ValueType::kScalar && expression->type != ValueType::kVector) {
    return absl::InvalidArgumentError(absl::StrCat("invalid expression type \"", NameOf(expression->type),
                                                   "\" for range query, must be Scalar or instant Vector"));
  }
  const Grid grid{start_ms, step_ms, (end_ms - start_ms) / step_ms + 1};
  Notes notes;
  const Evaluation evaluation{query, {start_ms, end_ms - start_ms, 2}, options_, source_, context, notes};
  Evaluator evaluator(evaluation, grid);
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated evaluated, evaluator.Evaluate(*expression));
  Answer answer;
  answer.type = ValueType::kMatrix;
  if (expression->type == ValueType::kScalar) {
    answer.series.push_back(SeriesOfScalars(grid, evaluated.scalars));
  } else {
    answer.series = std::move(evaluated.series);
    SortByLabels(answer.series);
  }
  return WithNotes(std::move(answer), notes);
}

}  // namespace tributary::promql
