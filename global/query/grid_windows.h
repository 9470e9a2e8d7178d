#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tributary {

// The windows (start + i step - window, start + i step] of a request, which may overlap or leave gaps, cut into
// segments that lie in the same windows throughout: a row is merged into one segment, and a window is a run of
// segments. Times are unix milliseconds. A value.
class GridWindows {
 public:
  // (from, to]
  struct Span {
    int64_t from_ms = 0;
    int64_t to_ms = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };

  // REQUIRES: step > 0, window > 0, count > 0, and no time beyond 64 bits.
  GridWindows(int64_t start_ms, int64_t step_ms, size_t count, int64_t window_ms);

  size_t windows() const { return count_; }
  int64_t window_end(size_t window) const { return start_ms_ + static_cast<int64_t>(window) * step_ms_; }
  const std::vector<Span>& segments() const { return segments_; }  // ascending; what lies between lies in no window

  // The segment that an interval ending then belongs to.
  std::optional<size_t> SegmentOf(int64_t end_ms) const;
  // Of a window: its first segment, and one past its last.
  std::pair<size_t, size_t> SegmentsOf(size_t window) const;
  // All time that any window covers, as few spans as can be, ascending.
  std::vector<Span> Covered() const;

 private:
  int64_t start_ms_;
  int64_t step_ms_;
  size_t count_;
  int64_t window_ms_;
  std::vector<Span> segments_;
};

}  // namespace tributary
