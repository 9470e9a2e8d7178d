#include "proxy/promql/memory_source.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "proxy/promql/label_pattern.h"

namespace tributary::promql {

void MemorySource::Add(Series series) {
  const auto same =
      std::find_if(series_.begin(), series_.end(), [&](const Series& each) { return each.labels == series.labels; });
  if (same == series_.end()) {
    series_.push_back(std::move(series));
  } else {
    same->points.insert(same->points.end(), series.points.begin(), series.points.end());
  }
}

absl::StatusOr<Selected> MemorySource::Select(const Selection& selection, QueryContext& context) {
  std::vector<LabelPattern> patterns;
  for (const LabelMatcher& matcher : selection.matchers) {
    TRIBUTARY_ASSIGN_OR_RETURN(LabelPattern pattern, LabelPattern::Compile(matcher));
    patterns.push_back(std::move(pattern));
  }
  const auto before = [](int64_t time_ms, const Point& point) { return time_ms < point.time_ms; };
  Selected selected;
  for (const Series& series : series_) {
    TRIBUTARY_RETURN_IF_ERROR(context.Check());
    if (!std::all_of(patterns.begin(), patterns.end(), [&](const LabelPattern& pattern) {
          return pattern.Matches(LabelValue(series.labels, pattern.label()));
        })) {
      continue;
    }
    const auto& points = series.points;
    const auto first = std::upper_bound(points.begin(), points.end(), selection.first_ms(), before);
    const auto last = std::upper_bound(first, points.end(), selection.last_ms(), before);
    if (first != last) selected.series.push_back({series.labels, {first, last}, false});
  }
  return selected;
}

}  // namespace tributary::promql
