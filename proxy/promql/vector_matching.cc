#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/promql/arithmetic.h"
#include "proxy/promql/binary.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

// Pairs the series of the `many` side with those of the `one` side, time by time. Sides of a one-to-one match count as
// many on the left and one on the right. Used once. Source: Prometheus, promql/engine.go, VectorBinop.
class VectorMatcher {
 public:
  VectorMatcher(const BinaryCall& call, const std::vector<Series>& left, const std::vector<Series>& right)
      : call_(call),
        matching_(call.binary.matching),
        swapped_(matching_.cardinality == Matching::Cardinality::kOneToMany),
        one_to_one_(matching_.cardinality == Matching::Cardinality::kOneToOne),
        many_(swapped_ ? right : left),
        one_(swapped_ ? left : right),
        apply_{call.binary.op, call.binary.return_bool, false, call.position, &call.notes} {}

  absl::StatusOr<std::vector<Series>> Run() {
    TRIBUTARY_RETURN_IF_ERROR(PlaceOnes());
    for (const Series& series : many_) TRIBUTARY_RETURN_IF_ERROR(Match(series));
    TRIBUTARY_RETURN_IF_ERROR(call_.notes.status());
    if (absl::Status status = MergeEqualLabels(results_); !status.ok()) {
      return absl::FailedPreconditionError("multiple matches for labels: grouping labels must ensure unique matches");
    }
    return std::move(results_);
  }

 private:
  static constexpr int32_t kNone = -1;
  struct Cell {
    int64_t time_ms = 0;
    int32_t series = kNone;  // of the one side, and its point
    int32_t point = 0;
    bool taken = false;
  };
  using Group = std::vector<Cell>;  // by time

  size_t IndexOf(const Point& point) const {
    return static_cast<size_t>((point.time_ms - call_.grid.start_ms) / call_.grid.step_ms);
  }
  std::string SignatureOf(const Series& series) const {
    return Signature(series.labels, matching_.on, matching_.labels);
  }

  absl::Status PlaceOnes();
  absl::Status Duplicate(const Series& first, const Series& second) const;
  absl::Status Match(const Series& many);
  Labels ResultLabels(const Labels& many, const Labels& one) const;

  const BinaryCall& call_;
  const Matching& matching_;
  const bool swapped_;
  const bool one_to_one_;
  const std::vector<Series>& many_;
  const std::vector<Series>& one_;
  const PointOperator apply_;
  absl::flat_hash_map<std::string, size_t> places_;  // in groups_, by signature
  std::vector<Group> groups_;                        // in order of the first series of each
  std::vector<Series> results_;
};

absl::Status VectorMatcher::PlaceOnes() {
  // Where one side is empty nothing is to be matched, and nothing is a duplicate.
  std::vector<bool> many_there(static_cast<size_t>(call_.grid.count));
  for (const Series& series : many_) {
    for (const Point& point : series.points) many_there[IndexOf(point)] = true;
  }
  for (size_t s = 0; s < one_.size(); ++s) {
    const size_t place = places_.try_emplace(SignatureOf(one_[s]), groups_.size()).first->second;
    if (place == groups_.size()) groups_.emplace_back();
    Group& group = groups_[place];
    for (size_t p = 0; p < one_[s].points.size(); ++p) {
      const Point& point = one_[s].points[p];
      if (!many_there[IndexOf(point)]) continue;
      group.push_back({point.time_ms, static_cast<int32_t>(s), static_cast<int32_t>(p), false});
    }
  }
  for (Group& group : groups_) {
    std::stable_sort(group.begin(), group.end(), [](const Cell& a, const Cell& b) { return a.time_ms < b.time_ms; });
    const auto twice = std::adjacent_find(group.begin(), group.end(),
                                          [](const Cell& a, const Cell& b) { return a.time_ms == b.time_ms; });
    if (twice == group.end()) continue;
    return Duplicate(one_[static_cast<size_t>(twice->series)], one_[static_cast<size_t>((twice + 1)->series)]);
  }
  return absl::OkStatus();
}

absl::Status VectorMatcher::Duplicate(const Series& first, const Series& second) const {
  const Labels group = GroupLabels(first.labels, {.without = !matching_.on, .labels = matching_.labels});
  return absl::FailedPreconditionError(absl::StrCat(
      "found duplicate series for the match group ", ToString(group), " on the ", swapped_ ? "left" : "right",
      " hand-side of the operation: [", ToString(second.labels), ", ", ToString(first.labels),
      "];many-to-many matching not allowed: matching labels must be unique on one "
      "side"));
}

absl::Status VectorMatcher::Match(const Series& many) {
  const auto found = places_.find(SignatureOf(many));
  if (found == places_.end()) return absl::OkStatus();
  Group& group = groups_[found->second];
  int32_t partner = kNone;  // of results_.back()
  auto next = group.begin();
  for (const Point& point : many.points) {
    while (next != group.end() && next->time_ms < point.time_ms) ++next;
    if (next == group.end()) break;
    if (next->time_ms > point.time_ms) continue;
    Cell& cell = *next;
    const Series& one = one_[static_cast<size_t>(cell.series)];
    const Point& other = one.points[static_cast<size_t>(cell.point)];
    std::optional<Point> result = swapped_ ? apply_(other, point) : apply_(point, other);
    if (!result) continue;
    if (one_to_one_ && std::exchange(cell.taken, true)) {
      return absl::FailedPreconditionError(
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
    }
    if (std::exchange(partner, cell.series) != cell.series) {
      results_.push_back({.labels = ResultLabels(many.labels, one.labels), .points = {}});
      results_.back().points.reserve(many.points.size());
    }
    result->time_ms = point.time_ms;
    results_.back().points.push_back(*std::move(result));
  }
  return absl::OkStatus();
}

Labels VectorMatcher::ResultLabels(const Labels& many, const Labels& one) const {
  Labels labels = many;
  if (!IsComparison(call_.binary.op) || call_.binary.return_bool) RemoveLabel(labels, kMetricName);
  if (one_to_one_) {
    std::erase_if(labels, [&](const auto& label) {
      return std::binary_search(matching_.labels.begin(), matching_.labels.end(), label.first) != matching_.on;
    });
  }
  for (const std::string& name : matching_.include) {
    RemoveLabel(labels, name);
    if (const absl::string_view value = LabelValue(one, name); !value.empty()) SetLabel(labels, name, value);
  }
  return labels;
}

}  // namespace

absl::StatusOr<std::vector<Series>> VectorBinary(const BinaryCall& call, const std::vector<Series>& left,
                                                 const std::vector<Series>& right) {
  return VectorMatcher(call, left, right).Run();
}

}  // namespace tributary::promql
