#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/aggregate/aggregate_merger.h"
#include "global/query/grid_windows.h"
#include "global/query/label_grouping.h"
#include "global/store/row_reader.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// What one query may take here; more is refused by name.
struct SelectLimits {
  uint64_t max_series = 100'000;
  uint64_t max_rows = 20'000'000;  // about 20 s of reading; an hour of 50,000 series at 10 s
  uint64_t max_groups = 10'000;
  size_t max_memory_bytes = 512u << 20;  // of centroids being merged
};

// Answers one GridRequest: finds the series, folds their rows window by window, hands series or groups out.
//
// Folding: rows are merged into segments that no window cuts (grid_windows.h), segments into windows, so that a row is
//          merged once by rows that overlap many windows. What merges is read from the longest rows that cover a
//          segment exactly; the newest row, and rows as they are, from the shortest that are kept.
// Errors:  InvalidArgument for what the request says; ResourceExhausted names the limit; Cancelled when `cancelled`
//          says so or `send` returns false; the store's own.
// Threads: thread-compatible; reads a thread-safe RowReader.
class GridSelection {
 public:
  using Cancelled = absl::FunctionRef<bool()>;
  using Send = absl::FunctionRef<bool(const v1::GridResponse&)>;
  static constexpr uint32_t kMaxWindows = 11'000;

  // Of the hand-overs of this store: what is not read, and what is told of it.
  struct Histories {
    HiddenRows hidden = {};
    v1::Summary told = {};
  };
  // `reader` and `request` outlive it.
  GridSelection(const RowReader& reader, const v1::GridRequest& request, const SelectLimits& limits)
      : GridSelection(reader, request, limits, Histories()) {}
  GridSelection(const RowReader& reader, const v1::GridRequest& request, const SelectLimits& limits,
                Histories histories);

  absl::Status Run(Cancelled cancelled, Send send);
  const v1::Summary& summary() const { return summary_; }

 private:
  // Sketched types are one: kDistribution.
  using Key = std::pair<Labels, MetricType>;
  struct Entry {  // a row, its late parts merged into it
    int64_t end_ms = 0;
    Aggregate value;
    bool partial = false;
  };
  struct Group {
    std::map<size_t, AggregateMerger> segments;  // what merges
    std::map<size_t, int64_t> newest_ms;         // of each segment
    std::vector<Entry> rows;                     // what does not
  };

  absl::Status CheckRequest() const;
  absl::Status FindSeries();
  absl::Status AddSeries(const StoredSeries& series);
  bool Merges(MetricType type) const;
  absl::Status ReadMerging(Cancelled cancelled);
  absl::Status ReadRows(Cancelled cancelled);
  absl::Status Read(absl::Duration length, const GridWindows::Span& span, const std::vector<KeyId>& ids,
                    Cancelled cancelled, absl::FunctionRef<absl::Status(KeyId, const Row&, int64_t end_ms)> take);
  absl::Status MergeRow(KeyId id, const Row& row, int64_t end_ms);
  absl::Status KeepRow(KeyId id, const Row& row, int64_t end_ms);
  absl::Status AddMemory(size_t bytes);
  void AddResolution(absl::Duration length);
  absl::Status SendAll(Cancelled cancelled, Send send);
  absl::Status PutFolded(MetricType type, const Group& group, Cancelled cancelled, v1::GridSeries& out);
  void PutNewest(const Group& group, v1::GridSeries& out) const;
  void PutRows(const Group& group, v1::GridSeries& out) const;

  const RowReader& reader_;
  const v1::GridRequest& request_;
  SelectLimits limits_;
  const HiddenRows hidden_;
  LabelGrouping grouping_;
  std::optional<GridWindows> windows_;
  std::map<Key, size_t> group_index_;
  std::vector<Group> groups_;                           // by index
  absl::flat_hash_map<KeyId, size_t> group_of_series_;  // its index
  std::vector<KeyId> merging_;                          // series, ascending
  std::vector<KeyId> others_;
  std::set<std::string> names_;
  size_t memory_bytes_ = 0;
  uint64_t parts_ = 0;  // of windows, merged
  v1::Summary summary_;
};

}  // namespace tributary
