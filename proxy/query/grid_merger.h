#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/sink/labels.h"
#include "proxy/promql/sample_source.h"
#include "proxy/query/fan_out.h"

namespace tributary {

// The answers of all globals to one selection as one. A series whose owner changed comes from several: what is folded
// merges window by window, of newest rows the newest counts, rows of one time add up. Thread-compatible.
class GridMerger {
 public:
  explicit GridMerger(const promql::Selection& selection) : selection_(selection) {}

  // Whole or not at all: Internal, with what is wrong with it.
  absl::Status Add(const GridAnswer& answer);

  // The series, with points at the grid's times where they are folded. Until `context` says no.
  absl::StatusOr<std::vector<promql::SelectedSeries>> Finish(const promql::QueryContext& context) const;

  // Of one series, as they are, by the ends of their intervals.
  struct Rows {
    std::map<int64_t, Aggregate> values;
    std::set<int64_t> partial;  // come from part of the fleet
    int64_t length_ms = 0;      // of an interval
  };
  using Visit = absl::FunctionRef<absl::Status(const Labels&, MetricType, const Rows&)>;
  // Every series' rows, of Fold::kRaw, in order of labels; until one is refused.
  absl::Status VisitRows(Visit visit) const;

  const std::set<std::string>& names() const { return names_; }
  uint64_t series() const { return series_; }
  uint64_t rows() const { return rows_; }
  uint64_t partial_rows() const { return partial_rows_; }
  double min_coverage() const { return min_coverage_; }
  const std::set<int64_t>& resolutions_ms() const { return resolutions_ms_; }
  int64_t sealed_through_ms() const { return sealed_through_ms_; }

 private:
  struct Newest {
    int64_t unix_ms = 0;
    Aggregate value;
  };
  struct Merged {
    std::map<uint32_t, AggregateMerger> folded;  // by place in the grid
    std::map<uint32_t, Newest> newest;
    Rows rows;
  };
  using Key = std::pair<Labels, MetricType>;

  void AddSeries(const v1::GridSeries& series, const std::vector<Aggregate>& values, const GridAnswer& answer);
  void AddRows(const v1::GridSeries& series, const std::vector<Aggregate>& values, int64_t length_ms, Rows& rows);
  promql::SelectedSeries Read(const Key& key, const Merged& merged) const;
  promql::Point PointOf(const Aggregate& value, int64_t time_ms, bool folded) const;

  const promql::Selection& selection_;
  std::map<Key, Merged> merged_;
  std::set<std::string> names_;
  uint64_t series_ = 0;
  uint64_t rows_ = 0;
  uint64_t partial_rows_ = 0;
  double min_coverage_ = 1;
  std::set<int64_t> resolutions_ms_;
  int64_t sealed_through_ms_ = INT64_MAX;
};

}  // namespace tributary
