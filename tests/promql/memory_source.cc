#include "tests/promql/memory_source.h"

#include <algorithm>
#include <iterator>

#include "proxy/promql/label_pattern.h"

namespace tributary::promql {

void MemorySource::Add(const Labels& labels, std::vector<Point> points) {
  auto found = std::find_if(series_.begin(), series_.end(), [&](const Series& s) { return s.labels == labels; });
  if (found == series_.end()) found = series_.insert(found, Series{labels, {}});
  std::move(points.begin(), points.end(), std::back_inserter(found->points));
}

absl::StatusOr<Selected> MemorySource::Select(const Selection& selection, QueryContext& context) {
  std::vector<LabelPattern> patterns;
  for (const LabelMatcher& matcher : selection.matchers) {
    absl::StatusOr<LabelPattern> pattern = LabelPattern::Compile(matcher);
    if (!pattern.ok()) return pattern.status();
    patterns.push_back(*std::move(pattern));
  }
  Selected selected;
  for (const Series& series : series_) {
    if (absl::Status status = context.Check(); !status.ok()) return status;
    const bool matches = std::all_of(patterns.begin(), patterns.end(), [&](const LabelPattern& pattern) {
      return pattern.Matches(LabelValue(series.labels, pattern.label()));
    });
    if (!matches) continue;
    SelectedSeries found{.labels = series.labels, .points = {}};
    for (const Point& point : series.points) {
      const bool inside = point.time_ms > selection.first_ms() && point.time_ms <= selection.last_ms();
      if (inside) found.points.push_back(point);
    }
    if (!found.points.empty()) selected.series.push_back(std::move(found));
  }
  return selected;
}

}  // namespace tributary::promql
