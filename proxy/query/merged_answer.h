#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/hash/view.h"
#include "proxy/query/fan_out.h"

namespace tributary {

// The answers of all globals as one: a merger per group, and what is to be said about them. Answers that cannot be read
// count as not given. Thread-compatible.
class MergedAnswer {
 public:
  using GroupLabels = std::map<std::string, std::string>;
  struct Missing {
    Member global;
    absl::Status status;
  };

  void Add(GlobalAnswer answer);

  // Sketched groups by labels.
  const std::map<GroupLabels, AggregateMerger>& distributions() const { return distributions_; }
  // Types of groups that are no distributions.
  const std::set<MetricType>& other_types() const { return other_types_; }
  const std::set<std::string>& names() const { return names_; }
  const std::vector<Missing>& missing() const { return missing_; }
  size_t answered() const { return answered_; }
  uint64_t groups() const { return groups_; }  // of all answers, merged into distributions()
  uint64_t series() const { return series_; }
  uint64_t rows() const { return rows_; }
  uint64_t partial_rows() const { return partial_rows_; }
  double min_coverage() const { return min_coverage_; }
  const std::set<absl::Duration>& resolutions() const { return resolutions_; }
  // Every answering global has committed all windows up to here.
  absl::Time sealed_through() const { return sealed_through_; }

 private:
  struct ReadGroup {
    GroupLabels labels;
    MetricType type;
    Aggregate value;
  };
  static absl::StatusOr<std::vector<ReadGroup>> Read(const GlobalAnswer& answer);
  void Merge(const ReadGroup& group, const Member& global);
  void Note(const v1::Summary& summary);

  std::map<GroupLabels, AggregateMerger> distributions_;
  std::set<MetricType> other_types_;
  std::set<std::string> names_;
  std::vector<Missing> missing_;
  size_t answered_ = 0;
  uint64_t groups_ = 0;
  uint64_t series_ = 0;
  uint64_t rows_ = 0;
  uint64_t partial_rows_ = 0;
  double min_coverage_ = 1;
  std::set<absl::Duration> resolutions_;
  absl::Time sealed_through_ = absl::InfiniteFuture();
};

}  // namespace tributary
