#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/aggregate/aggregate_merger.h"
#include "global/query/label_grouping.h"
#include "global/store/row_reader.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// What one request may cost. Over any of them it is ResourceExhausted, and the message names the limit.
struct SelectLimits {
  uint64_t max_series = 100'000;
  uint64_t max_rows = 20'000'000;  // about 20 s of reading; an hour of 50,000 series at 10 s
  uint64_t max_groups = 10'000;
  size_t max_memory_bytes = 512u << 20;  // of centroids being merged
};

// Answers one SelectRequest: finds the series, merges their rows by group, hands the groups out.
//
// Shape:   one AggregateMerger per (group labels, type); series know theirs by index.
// Errors:  InvalidArgument for what the request says; ResourceExhausted for limits; Cancelled when `cancelled` says so
//          or `send` returns false; the store's own.
// Threads: thread-compatible; reads a thread-safe RowReader.
class Selection {
 public:
  using Cancelled = absl::FunctionRef<bool()>;
  using Send = absl::FunctionRef<bool(const v1::SelectResponse&)>;

  // `reader` and `request` outlive it.
  Selection(const RowReader& reader, const v1::SelectRequest& request, const SelectLimits& limits);

  absl::Status Run(Cancelled cancelled, Send send);

  const v1::Summary& summary() const { return summary_; }

 private:
  // Sketched types are one: kDistribution.
  using GroupKey = std::pair<Labels, MetricType>;
  struct Group {
    explicit Group(MetricType type);
    AggregateMerger merger;
    bool has_rows = false;
  };

  absl::Status CheckRequest() const;
  std::vector<std::string> MatchingNames() const;
  absl::Status FindSeries();
  absl::Status AddSeries(const StoredSeries& series, const Labels& labels);
  absl::Status ReadRows(Cancelled cancelled);
  absl::Status AddRow(KeyId id, const Row& row);
  absl::Status SendGroups(Send send);
  void FinishSummary();

  const RowReader& reader_;
  const v1::SelectRequest& request_;
  SelectLimits limits_;
  LabelGrouping grouping_;
  std::map<GroupKey, size_t> group_index_;
  std::vector<Group> groups_;                           // by index
  absl::flat_hash_map<KeyId, size_t> group_of_series_;  // its index
  std::set<std::string> names_;
  size_t memory_bytes_ = 0;
  v1::Summary summary_;
};

}  // namespace tributary
