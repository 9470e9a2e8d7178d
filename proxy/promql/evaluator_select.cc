#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "proxy/promql/evaluator.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

bool IsMarker(const Point& point) { return !point.distribution && IsStale(point.value); }

// For each time of `ends` the last point of its window, stamped with the time of `grid` in the same place; none where
// it is a stale marker. kRaw asks when the point was, in seconds.
class LastPoints {
 public:
  LastPoints(const Grid& grid, const Grid& ends, int64_t lookback_ms, Fold fold)
      : grid_(grid), ends_(ends), lookback_ms_(lookback_ms), fold_(fold) {}

  std::vector<Point> Of(const std::vector<Point>& points) const {
    std::vector<Point> result;
    result.reserve(std::min(static_cast<size_t>(grid_.count), points.size() * 4));
    size_t next = 0;
    for (int64_t i = 0; i < grid_.count; ++i) {
      const int64_t end_ms = ends_.count == 1 ? ends_.start_ms : ends_.At(i);
      while (next < points.size() && points[next].time_ms <= end_ms) ++next;
      if (next == 0) continue;
      const Point& last = points[next - 1];
      if (last.time_ms <= end_ms - lookback_ms_ || IsMarker(last)) continue;
      result.push_back(fold_ == Fold::kRaw ? Point{.value = static_cast<double>(last.time_ms) / 1000} : last);
      result.back().time_ms = grid_.At(i);
    }
    return result;
  }

 private:
  const Grid grid_;
  const Grid ends_;
  const int64_t lookback_ms_;
  const Fold fold_;
};

// Whole multiples of the step, first after `start`.
Grid AlignedGrid(int64_t start_ms, int64_t end_ms, int64_t step_ms) {
  int64_t first = start_ms / step_ms * step_ms;
  while (first <= start_ms) first += step_ms;
  return {first, step_ms, first > end_ms ? 0 : (end_ms - first) / step_ms + 1};
}

}  // namespace

Grid Evaluator::Shifted(const TimeShift& shift) const {
  switch (shift.at) {
    case TimeShift::At::kEvaluation:
      return {grid_.start_ms - shift.offset_ms, grid_.step_ms, grid_.count};
    case TimeShift::At::kTime:
      return {shift.at_ms - shift.offset_ms, 1, 1};
    case TimeShift::At::kStart:
      return {evaluation_.asked.start_ms - shift.offset_ms, 1, 1};
    case TimeShift::At::kEnd:
      return {evaluation_.asked.end_ms() - shift.offset_ms, 1, 1};
  }
  TRIBUTARY_CHECK(false);
  return grid_;
}

absl::StatusOr<Selected> Evaluator::Ask(const Selection& selection) {
  QueryContext& context = evaluation_.context;
  TRIBUTARY_RETURN_IF_ERROR(context.Check());
  TRIBUTARY_ASSIGN_OR_RETURN(Selected selected, evaluation_.source.Select(selection, context));
  for (const std::string& warning : selected.warnings) evaluation_.notes.Warn(warning);
  for (const std::string& info : selected.infos) evaluation_.notes.Inform(info);
  TRIBUTARY_RETURN_IF_ERROR(context.AddSeries(static_cast<int64_t>(selected.series.size())));
  int64_t weight = 0;
  for (const SelectedSeries& series : selected.series) weight += WeightOf(series.points);
  TRIBUTARY_RETURN_IF_ERROR(Hold(held_ + weight));
  return selected;
}

absl::StatusOr<Evaluated> Evaluator::EvaluateSelector(const Selector& selector, Fold fold, const Grouping* grouping) {
  Selection selection;
  selection.matchers = selector.matchers;
  selection.grid = Shifted(selector.shift);
  selection.lookback_ms = absl::ToInt64Milliseconds(evaluation_.options.lookback);
  selection.fold = fold;
  if (grouping) selection.grouping = *grouping;
  TRIBUTARY_ASSIGN_OR_RETURN(Selected selected, Ask(selection));
  // A folded point counts at its own time only, unless that is all there is.
  const LastPoints last(grid_, selection.grid, selection.lookback_ms, fold);
  const LastPoints folded(grid_, selection.grid, 1, fold);
  Evaluated result;
  for (SelectedSeries& series : selected.series) {
    TRIBUTARY_RETURN_IF_ERROR(evaluation_.context.Check());
    std::vector<Point> points = series.folded ? folded.Of(series.points) : last.Of(series.points);
    if (!points.empty()) result.series.push_back({std::move(series.labels), std::move(points)});
  }
  return result;
}

absl::StatusOr<Windows> Evaluator::Select(const Expression& expression, Fold fold, const Grouping* grouping) {
  const Expression& range = Unwrapped(expression);
  if (const auto* subquery = std::get_if<Subquery>(&range.node)) return SelectSubquery(*subquery);
  const auto* selector = std::get_if<Selector>(&range.node);
  TRIBUTARY_CHECK(selector != nullptr);
  return SelectRange(*selector, fold, grouping);
}

absl::StatusOr<Windows> Evaluator::SelectRange(const Selector& selector, Fold fold, const Grouping* grouping) {
  Selection selection;
  selection.matchers = selector.matchers;
  selection.grid = Shifted(selector.shift);
  selection.range_ms = selector.range_ms;
  selection.fold = fold;
  if (grouping) selection.grouping = *grouping;
  TRIBUTARY_ASSIGN_OR_RETURN(Selected selected, Ask(selection));
  Windows windows{.inputs = {}, .ends = selection.grid, .range_ms = selector.range_ms};
  for (SelectedSeries& series : selected.series) {
    std::erase_if(series.points, IsMarker);
    windows.inputs.push_back({std::move(series.labels), std::move(series.points), series.folded});
  }
  return windows;
}

absl::StatusOr<Windows> Evaluator::SelectSubquery(const Subquery& subquery) {
  const int64_t step_ms =
      subquery.step_ms > 0 ? subquery.step_ms : absl::ToInt64Milliseconds(evaluation_.options.subquery_step);
  const Grid ends = Shifted(subquery.shift);
  const Grid inner = AlignedGrid(ends.start_ms - subquery.range_ms, ends.end_ms(), step_ms);
  Windows windows{.inputs = {}, .ends = ends, .range_ms = subquery.range_ms};
  if (inner.count == 0) return windows;
  if (const int64_t limit = evaluation_.context.limits().max_samples; inner.count > limit) {
    return absl::ResourceExhaustedError(absl::StrCat("subquery has more than ", limit,
                                                     " steps (query.max_samples); shorten its range or lengthen its "
                                                     "step"));
  }
  Evaluator evaluator(evaluation_, inner);
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated evaluated, evaluator.Evaluate(*subquery.expression));
  TRIBUTARY_RETURN_IF_ERROR(Hold(held_ + WeightOf(evaluated.series)));
  for (Series& series : evaluated.series) {
    windows.inputs.push_back({std::move(series.labels), std::move(series.points), false});
  }
  return windows;
}

}  // namespace tributary::promql
