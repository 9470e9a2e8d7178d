#include "proxy/query/grid_merger.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "common/wire/series.h"
#include "proxy/query/sketch_distribution.h"

namespace tributary {
namespace {

using promql::Fold;
using promql::Point;
using promql::SelectedSeries;

// Names a global to the mergers.
InstanceId SourceOf(const Member& global) {
  const Hash128 hash = Xxh3Hash128(global.id, 0);
  std::string bytes(InstanceId::kBytes, '\0');
  std::copy_n(reinterpret_cast<const char*>(&hash.high), 8, bytes.begin());
  std::copy_n(reinterpret_cast<const char*>(&hash.low), 8, bytes.begin() + 8);
  return *InstanceId::FromBytes(bytes);
}

// A number alone, as the aggregate that it stands for; of a gauge only the last value matters then.
std::optional<Aggregate> AggregateOf(MetricType type, double number) {
  Aggregate value = MakeAggregate(type);
  if (auto* counter = std::get_if<CounterAggregate>(&value)) {
    if (!counter->Add(number, 1)) return std::nullopt;
  } else if (auto* gauge = std::get_if<GaugeAggregate>(&value)) {
    gauge->last = number;
    gauge->count = 1;
  } else if (auto* check = std::get_if<CheckAggregate>(&value)) {
    check->status = static_cast<uint8_t>(std::clamp(number, 0.0, 3.0));
  } else {
    return std::nullopt;
  }
  return value;
}

absl::Status Unreadable(absl::string_view what) {
  return absl::InternalError(absl::StrCat("its answer cannot be read: ", what));
}

// One value per entry of the series.
absl::StatusOr<std::vector<Aggregate>> ValuesOf(const v1::GridSeries& series) {
  const MetricType type = static_cast<MetricType>(series.type());
  std::vector<Aggregate> values;
  for (const double number : series.values()) {
    std::optional<Aggregate> value = AggregateOf(type, number);
    if (!value) return Unreadable("a number that no such series has");
    values.push_back(*std::move(value));
  }
  for (const v1::SeriesAggregate& message : series.merged()) {
    TRIBUTARY_ASSIGN_OR_RETURN(Aggregate value, AggregateFromProto(message));
    if (!AgreesWithType(value, type)) return Unreadable("a value of another type");
    values.push_back(std::move(value));
  }
  return values;
}

absl::Status CheckShape(const v1::GridSeries& series, size_t values, int64_t windows) {
  if (!v1::MetricType_IsValid(series.type()) || series.type() == v1::METRIC_TYPE_UNSPECIFIED) {
    return Unreadable("an unknown type");
  }
  const size_t times = static_cast<size_t>(series.unix_ms_size());
  const size_t places = static_cast<size_t>(series.at_size());
  if (values != times || places != (series.folded() ? times : 0)) return Unreadable("columns of different lengths");
  for (const uint32_t at : series.at()) {
    if (at >= windows) return Unreadable("a window that nobody asked for");
  }
  for (const uint32_t at : series.partial()) {
    if (at >= times) return Unreadable("a partial row that is not there");
  }
  return absl::OkStatus();
}

double GaugeValue(Fold fold, const GaugeAggregate& gauge) {
  switch (fold) {
    case Fold::kMin:
      return gauge.min;
    case Fold::kMax:
      return gauge.max;
    case Fold::kSum:
      return gauge.sum.ToDouble();
    case Fold::kAvg:
      return gauge.sum.ToDouble() / static_cast<double>(gauge.count);
    case Fold::kCount:
      return static_cast<double>(gauge.count);
    default:
      return gauge.last;
  }
}

}  // namespace

absl::Status GridMerger::Add(const GridAnswer& answer) {
  std::vector<std::vector<Aggregate>> values;
  for (const v1::GridSeries& series : answer.series) {
    if (!v1::MetricType_IsValid(series.type()) || series.type() == v1::METRIC_TYPE_UNSPECIFIED) {
      return Unreadable("an unknown type");
    }
    TRIBUTARY_ASSIGN_OR_RETURN(values.emplace_back(), ValuesOf(series));
    TRIBUTARY_RETURN_IF_ERROR(CheckShape(series, values.back().size(), selection_.grid.count));
  }
  for (size_t i = 0; i < answer.series.size(); ++i) AddSeries(answer.series[i], values[i], answer);
  const v1::Summary& summary = answer.summary;
  series_ += summary.series();
  rows_ += summary.rows();
  partial_rows_ += summary.partial_rows();
  sealed_through_ms_ = std::min(sealed_through_ms_, summary.sealed_through_unix_ms());
  names_.insert(summary.names().begin(), summary.names().end());
  if (summary.rows() == 0) return absl::OkStatus();
  min_coverage_ = std::min(min_coverage_, summary.min_coverage());
  resolutions_ms_.insert(summary.resolution_ms());
  resolutions_ms_.insert(summary.resolutions_ms().begin(), summary.resolutions_ms().end());
  return absl::OkStatus();
}

void GridMerger::AddSeries(const v1::GridSeries& series, const std::vector<Aggregate>& values,
                           const GridAnswer& answer) {
  const MetricType type = static_cast<MetricType>(series.type());
  Labels labels;
  for (const v1::Label& label : series.labels()) SetLabel(labels, label.name(), label.value());
  Merged& merged = merged_[Key(std::move(labels), type)];
  if (!series.folded()) return AddRows(series, values, answer.summary.resolution_ms(), merged.rows);
  for (size_t i = 0; i < values.size(); ++i) {
    const int k = static_cast<int>(i);
    const int64_t unix_ms = series.unix_ms(k);
    if (selection_.fold == Fold::kLast) {
      const auto [newest, is_new] = merged.newest.try_emplace(series.at(k), Newest{unix_ms, values[i]});
      if (is_new || newest->second.unix_ms > unix_ms) continue;
      if (newest->second.unix_ms == unix_ms) {
        MergeInto(newest->second.value, values[i]);
      } else {
        newest->second = Newest{unix_ms, values[i]};
      }
    } else {
      merged.folded.try_emplace(series.at(k), type, AggregateMerger::Options())
          .first->second.Add(values[i], SourceOf(answer.global));
    }
  }
}

void GridMerger::AddRows(const v1::GridSeries& series, const std::vector<Aggregate>& values, int64_t length_ms,
                         Rows& rows) {
  rows.length_ms = rows.length_ms == 0 ? length_ms : std::min(rows.length_ms, length_ms);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [row, is_new] = rows.values.try_emplace(series.unix_ms(static_cast<int>(i)), values[i]);
    if (!is_new) MergeInto(row->second, values[i]);
  }
  for (const uint32_t at : series.partial()) rows.partial.insert(series.unix_ms(static_cast<int>(at)));
}

absl::Status GridMerger::VisitRows(Visit visit) const {
  for (const auto& [key, merged] : merged_) TRIBUTARY_RETURN_IF_ERROR(visit(key.first, key.second, merged.rows));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SelectedSeries>> GridMerger::Finish(const promql::QueryContext& context) const {
  std::vector<SelectedSeries> all;
  all.reserve(merged_.size());
  for (const auto& [key, merged] : merged_) {
    TRIBUTARY_RETURN_IF_ERROR(context.Check());
    all.push_back(Read(key, merged));
  }
  return all;
}

SelectedSeries GridMerger::Read(const Key& key, const Merged& merged) const {
  SelectedSeries series;
  series.labels = key.first;
  series.folded = merged.rows.values.empty();
  for (const auto& [at, merger] : merged.folded) {
    series.points.push_back(PointOf(merger.Finish(), selection_.grid.At(at), true));
  }
  for (const auto& [at, newest] : merged.newest) {
    series.points.push_back(PointOf(newest.value, selection_.grid.At(at), true));
  }
  for (const auto& [unix_ms, value] : merged.rows.values) series.points.push_back(PointOf(value, unix_ms, false));
  return series;
}

Point GridMerger::PointOf(const Aggregate& value, int64_t time_ms, bool folded) const {
  Point point{.time_ms = time_ms};
  if (folded && selection_.fold == Fold::kPresent) {
    point.value = 1;
  } else if (const auto* counter = std::get_if<CounterAggregate>(&value)) {
    point.value = counter->total.ToDouble();
  } else if (const auto* gauge = std::get_if<GaugeAggregate>(&value)) {
    point.value = folded ? GaugeValue(selection_.fold, *gauge) : gauge->last;
  } else if (const auto* check = std::get_if<CheckAggregate>(&value)) {
    point.value = check->status;
  } else if (const auto* distribution = std::get_if<DistributionAggregate>(&value)) {
    point.distribution = MakeSketchDistribution(distribution->digest);
  } else if (const auto* set = std::get_if<SetAggregate>(&value)) {
    point.distribution = MakeSetDistribution(set->members);
  }
  return point;
}

}  // namespace tributary
