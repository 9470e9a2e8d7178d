#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/promql/query_context.h"
#include "proxy/promql/selector.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// What the engine will make of each window, so that who has the rows may do it there.
enum class Fold {
  kRaw,       // needs the points themselves
  kLast,      // the last one: an instant selector, last_over_time
  kIncrease,  // how much it grew: rate, increase
  kMerge,     // all as one distribution: quantile_over_time
  kSum,
  kMin,
  kMax,
  kAvg,
  kCount,
  kPresent,
};

// What one selector of a query needs.
struct Selection {
  std::vector<LabelMatcher> matchers;  // all hold; the name is among them
  Grid grid;                           // when each window ends; `offset` and `@` are applied
  int64_t range_ms = 0;                // a window is (end - range, end]; 0: an instant selector
  int64_t lookback_ms = 0;             // of an instant selector: its window, of which the last point counts
  Fold fold = Fold::kRaw;
  // A sum over this by these labels follows: what is folded may come merged by them already.
  std::optional<Grouping> grouping = std::nullopt;

  int64_t window_ms() const { return range_ms > 0 ? range_ms : lookback_ms; }
  int64_t first_ms() const { return grid.start_ms - window_ms(); }  // not included
  int64_t last_ms() const { return grid.end_ms(); }
};

struct SelectedSeries {
  Labels labels;
  std::vector<Point> points;
  // True: at most one point per time of the grid, at that time, the fold done.
  // False: all points in (first_ms, last_ms], stale markers included; the engine folds as Prometheus does.
  bool folded = false;
};

struct Selected {
  std::vector<SelectedSeries> series;  // labels differ
  std::vector<std::string> warnings;   // why this is less than the whole truth
  std::vector<std::string> infos;      // what it was made of
};

// Where the engine's points come from: the globals, or a store in memory. Errors are the query's; Select asks
// QueryContext::Check while it works, and counts its rows there; series and points the engine counts.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual absl::StatusOr<Selected> Select(const Selection& selection, QueryContext& context) = 0;
};

}  // namespace tributary::promql
