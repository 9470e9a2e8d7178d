#include "proxy/promql/aggregate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/promql/accumulator.h"
#include "proxy/promql/quantile.h"
#include "proxy/promql/selecting_aggregate.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

using Members = std::vector<Series*>;
struct Group {
  Labels labels;
  Members members;
};

size_t IndexOf(const Grid& grid, const Point& point) {
  return static_cast<size_t>((point.time_ms - grid.start_ms) / grid.step_ms);
}

// In order of the first member of each.
std::vector<Group> GroupsOf(const Grouping& grouping, std::vector<Series>& series) {
  std::vector<Group> groups;
  absl::flat_hash_map<Labels, size_t> places;
  for (Series& each : series) {
    const auto [place, fresh] = places.try_emplace(GroupLabels(each.labels, grouping), groups.size());
    if (fresh) groups.push_back({place->first, {}});
    groups[place->second].members.push_back(&each);
  }
  return groups;
}

// Makes one float or distribution of all points of a group at one time.
class Folder {
 public:
  explicit Folder(const AggregateCall& call)
      : call_(call), op_(call.aggregation.op), accumulators_(static_cast<size_t>(call.grid.count)) {}

  Series Fold(Group group) {
    for (const Series* member : group.members) {
      for (const Point& point : member->points) accumulators_[IndexOf(call_.grid, point)].Add(op_, point);
    }
    Series result{.labels = std::move(group.labels), .points = {}};
    for (size_t i = 0; i < accumulators_.size(); ++i) {
      Accumulator& accumulator = accumulators_[i];
      if (accumulator.count() == 0) continue;
      if (std::optional<Point> point = Result(accumulator, i)) {
        point->time_ms = call_.grid.At(static_cast<int64_t>(i));
        result.points.push_back(*std::move(point));
      }
      accumulator.Clear();
    }
    return result;
  }

 private:
  std::optional<Point> Result(Accumulator& accumulator, size_t i);
  std::optional<Point> OfDistributions(const std::vector<const Distribution*>& distributions);
  // Whether the query asks of sketches what they do not have; that ends it.
  bool Refuses(const Distribution& distribution);

  const AggregateCall& call_;
  const AggregateOp op_;
  std::vector<Accumulator> accumulators_;
};

std::optional<Point> Folder::Result(Accumulator& accumulator, size_t i) {
  const auto& distributions = accumulator.distributions();
  if (op_ == AggregateOp::kCount) return Point{.value = static_cast<double>(accumulator.count())};
  if (op_ == AggregateOp::kGroup) return Point{.value = 1};
  if (!distributions.empty() && Refuses(*distributions.front())) return std::nullopt;
  if (op_ == AggregateOp::kSum || op_ == AggregateOp::kAvg) {
    if (accumulator.floats() > 0 && !distributions.empty()) {
      call_.notes.Warn(
          absl::StrCat("PromQL warning: encountered a mix of histograms and floats for aggregation", call_.position));
      return std::nullopt;
    }
    if (!distributions.empty()) return OfDistributions(distributions);
  } else if (!distributions.empty()) {
    call_.notes.Inform(absl::StrCat("PromQL info: ignored histogram in ", NameOf(op_), " aggregation", call_.position));
    if (accumulator.floats() == 0) return std::nullopt;
  }
  return Point{.value = accumulator.Result(op_, call_.parameters.empty() ? 0 : call_.parameters[i])};
}

bool Folder::Refuses(const Distribution& distribution) {
  if (distribution.kind() == Distribution::Kind::kNative) return false;
  if (op_ != AggregateOp::kAvg && op_ != AggregateOp::kMin && op_ != AggregateOp::kMax) return false;
  call_.notes.Fail(absl::FailedPreconditionError(
      absl::StrCat(NameOf(op_),
                   " of distributions has no meaning (a percentile of averages is not a percentile): use "
                   "sum by (...), and histogram_quantile or histogram_avg of it",
                   call_.position)));
  return true;
}

std::optional<Point> Folder::OfDistributions(const std::vector<const Distribution*>& distributions) {
  const auto others = absl::MakeConstSpan(distributions).subspan(1);
  absl::StatusOr<DistributionPtr> sum = distributions.front()->Plus(others);
  if (sum.ok() && op_ == AggregateOp::kAvg) sum = (*sum)->Scaled(1 / static_cast<double>(distributions.size()));
  if (sum.ok()) return Point{.distribution = *std::move(sum)};
  call_.notes.Warn(absl::StrCat("PromQL warning: ", sum.status().message(), call_.position));
  return std::nullopt;
}

// The value takes the place of a label of its name, by which groups may become one.
absl::StatusOr<std::vector<Series>> CountValues(const AggregateCall& call, const std::vector<Group>& groups) {
  if (call.label.empty()) return absl::FailedPreconditionError("invalid label name \"\"");
  absl::flat_hash_map<Labels, absl::flat_hash_map<int64_t, double>> counts;
  for (const Group& group : groups) {
    TRIBUTARY_RETURN_IF_ERROR(call.context.Check());
    Labels labels = group.labels;
    for (const Series* member : group.members) {
      for (const Point& point : member->points) {
        SetLabel(labels, call.label, point.distribution ? point.distribution->ToString() : FormatValue(point.value));
        ++counts[labels][point.time_ms];
      }
    }
  }
  std::vector<Series> result;
  for (const auto& [labels, times] : counts) {
    Series& series = result.emplace_back();
    series.labels = labels;
    for (const auto& [time_ms, count] : times) series.points.push_back({.time_ms = time_ms, .value = count});
    std::sort(series.points.begin(), series.points.end(),
              [](const Point& a, const Point& b) { return a.time_ms < b.time_ms; });
  }
  SortByLabels(result);
  return result;
}

absl::Status CheckParameters(const AggregateCall& call) {
  for (const double parameter : call.parameters) {
    if (call.aggregation.op != AggregateOp::kQuantile) {
      if (!std::isnan(parameter)) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("the parameter of ", NameOf(call.aggregation.op), " is NaN, not a number of series"));
    }
    const std::string warning = QuantileWarning(parameter, call.position);
    if (!warning.empty()) call.notes.Warn(warning);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Series>> Aggregate(const AggregateCall& call, std::vector<Series> series) {
  TRIBUTARY_RETURN_IF_ERROR(CheckParameters(call));
  std::vector<Group> groups = GroupsOf(call.aggregation.grouping, series);
  std::vector<Series> result;
  switch (call.aggregation.op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kLimitk:
      for (Group& group : groups) {
        TRIBUTARY_RETURN_IF_ERROR(call.context.Check());
        KeepSelected(call, group.members, result);
      }
      return result;
    case AggregateOp::kCountValues:
      return CountValues(call, groups);
    default:
      break;
  }
  Folder folder(call);
  for (Group& group : groups) {
    TRIBUTARY_RETURN_IF_ERROR(call.context.Check());
    Series folded = folder.Fold(std::move(group));
    TRIBUTARY_RETURN_IF_ERROR(call.notes.status());
    if (!folded.points.empty()) result.push_back(std::move(folded));
  }
  return result;
}

}  // namespace tributary::promql
