#include "global/query/grid_windows.h"

#include <algorithm>

#include "common/base/check.h"

namespace tributary {

GridWindows::GridWindows(int64_t start_ms, int64_t step_ms, size_t count, int64_t window_ms)
    : start_ms_(start_ms), step_ms_(step_ms), count_(count), window_ms_(window_ms) {
  TRIBUTARY_CHECK(step_ms > 0 && count > 0 && window_ms > 0);
  std::vector<int64_t> cuts;
  cuts.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) {
    cuts.push_back(window_end(i));
    cuts.push_back(window_end(i) - window_ms);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (size_t k = 1; k < cuts.size(); ++k) {
    // In a window, if the next end of one is not a whole window away.
    const int64_t behind = std::max<int64_t>(0, cuts[k] - start_ms);
    const int64_t next_end = start_ms + (behind + step_ms - 1) / step_ms * step_ms;
    if (next_end - window_ms < cuts[k]) segments_.push_back({.from_ms = cuts[k - 1], .to_ms = cuts[k]});
  }
}

std::optional<size_t> GridWindows::SegmentOf(int64_t end_ms) const {
  const auto segment = std::partition_point(segments_.begin(), segments_.end(),
                                            [end_ms](const Span& span) { return span.to_ms < end_ms; });
  if (segment == segments_.end() || segment->from_ms >= end_ms) return std::nullopt;
  return static_cast<size_t>(segment - segments_.begin());
}

std::pair<size_t, size_t> GridWindows::SegmentsOf(size_t window) const {
  const int64_t end = window_end(window);
  const auto first = std::partition_point(segments_.begin(), segments_.end(),
                                          [this, end](const Span& span) { return span.from_ms < end - window_ms_; });
  const auto last = std::partition_point(first, segments_.end(), [end](const Span& span) { return span.to_ms <= end; });
  return {static_cast<size_t>(first - segments_.begin()), static_cast<size_t>(last - segments_.begin())};
}

std::vector<GridWindows::Span> GridWindows::Covered() const {
  std::vector<Span> covered;
  for (const Span& segment : segments_) {
    if (!covered.empty() && covered.back().to_ms == segment.from_ms) {
      covered.back().to_ms = segment.to_ms;
    } else {
      covered.push_back(segment);
    }
  }
  return covered;
}

}  // namespace tributary
