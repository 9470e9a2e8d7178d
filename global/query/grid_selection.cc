#include "global/query/grid_selection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/instance_id.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "common/wire/series.h"
#include "global/query/request_check.h"

namespace tributary {
namespace {

constexpr int kMaxGroupLabels = 32;
constexpr int kMaxNamesShown = 8;
constexpr int64_t kMaxTimeMs = int64_t{1} << 50;  // thirty thousand years
constexpr uint64_t kRowsBetweenChecks = 256;
constexpr size_t kMessageBytes = 512 << 10;  // a message is sent when it has grown over this

MetricType MergedType(MetricType type) { return IsDistribution(type) ? MetricType::kDistribution : type; }

absl::Status OverLimit(absl::string_view limit, uint64_t value) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the query reaches ", limit, " = ", value, "; ask for fewer series or a shorter time"));
}

void Tighten(uint64_t& limit, uint64_t asked) {
  if (asked > 0) limit = std::min(limit, asked);
}

// Names a row, or a segment, to a merger, so that its compaction spreads evenly and always in the same way.
InstanceId SourceOf(uint32_t id, uint32_t version, int64_t place) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U32(id);
  writer.U32(version);
  writer.U64(static_cast<uint64_t>(place));
  return *InstanceId::FromBytes(bytes);
}

// As finely as an owner merges a window; many rows are compacted early, so that many groups fit.
AggregateMerger NewMerger(MetricType type) {
  return AggregateMerger(type, {.compression = 500, .buffer_centroids = TDigestMerger::kMinBufferCentroids});
}

absl::Time At(int64_t unix_ms) { return absl::FromUnixMillis(unix_ms); }

}  // namespace

GridSelection::GridSelection(const RowReader& reader, const v1::GridRequest& request, const SelectLimits& limits,
                             Histories histories)
    : reader_(reader),
      request_(request),
      limits_(limits),
      hidden_(std::move(histories.hidden)),
      summary_(std::move(histories.told)) {
  Tighten(limits_.max_series, request.max_series());
  Tighten(limits_.max_rows, request.max_rows());
  grouping_.without = request.without();
  for (const std::string& label : request.group_labels()) grouping_.labels.insert(PrometheusLabelName(label));
  if (request.without()) grouping_.labels.insert(std::string(kNameLabel));  // what is merged has no name
  summary_.set_min_coverage(1);
}

absl::Status GridSelection::Run(Cancelled cancelled, Send send) {
  TRIBUTARY_RETURN_IF_ERROR(CheckRequest());
  windows_.emplace(request_.start_unix_ms(), request_.step_ms(), request_.count(), request_.window_ms());
  // Before reading: what is sealed from now on may or may not be among the rows.
  const IntervalScale scale(reader_.Resolutions().front());
  summary_.set_sealed_through_unix_ms(absl::ToUnixMillis(scale.End(reader_.sealed_through())));
  TRIBUTARY_RETURN_IF_ERROR(FindSeries());
  TRIBUTARY_RETURN_IF_ERROR(ReadMerging(cancelled));
  TRIBUTARY_RETURN_IF_ERROR(ReadRows(cancelled));
  return SendAll(cancelled, send);
}

absl::Status GridSelection::CheckRequest() const {
  if (request_.group_labels_size() > kMaxGroupLabels) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxGroupLabels, " labels to group by"));
  }
  if (request_.fold() == v1::FOLD_UNSPECIFIED || !v1::Fold_IsValid(request_.fold())) {
    return absl::InvalidArgumentError("an unknown fold");
  }
  if (request_.count() == 0 || request_.count() > kMaxWindows) {
    return absl::InvalidArgumentError(absl::StrCat("1 to ", kMaxWindows, " windows, not ", request_.count()));
  }
  for (const int64_t length : {request_.step_ms(), request_.window_ms()}) {
    if (length <= 0 || length > kMaxTimeMs / kMaxWindows)
      return absl::InvalidArgumentError("an empty or endless window");
  }
  if (request_.start_unix_ms() > kMaxTimeMs || request_.start_unix_ms() < -kMaxTimeMs)
    return absl::InvalidArgumentError("a start beyond all time");
  return absl::OkStatus();
}

absl::Status GridSelection::FindSeries() {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<LabelCondition> conditions, ConditionsOf(request_.matchers()));
  const int64_t first = request_.start_unix_ms() - request_.window_ms();
  const FoundSeries found =
      reader_.FindSeries(conditions, At(first), At(windows_->window_end(request_.count() - 1)), limits_.max_series);
  if (found.more) return OverLimit("max_series", limits_.max_series);
  for (const StoredSeries& series : found.series) TRIBUTARY_RETURN_IF_ERROR(AddSeries(series));
  summary_.set_series(found.series.size());
  for (const std::string& name : names_) {
    if (summary_.names_size() < kMaxNamesShown) summary_.add_names(name);
  }
  return absl::OkStatus();
}

absl::Status GridSelection::AddSeries(const StoredSeries& series) {
  const MetricType type = MergedType(series.key->type);
  Labels labels = PrometheusLabels(series.key->tags);
  SetLabel(labels, kNameLabel, PrometheusMetricName(series.key->name));
  const bool merges = Merges(type);
  if (merges && request_.grouped()) labels = grouping_.GroupOf(labels);
  const auto [group, is_new] = group_index_.emplace(Key(std::move(labels), type), groups_.size());
  if (is_new) {
    if (merges && request_.grouped() && groups_.size() == limits_.max_groups) {
      return OverLimit("max_groups", limits_.max_groups);
    }
    groups_.emplace_back();
  }
  group_of_series_.emplace(series.id, group->second);
  (merges ? merging_ : others_).push_back(series.id);
  names_.insert(series.key->name);
  return absl::OkStatus();
}

// Whether rows of that type may be merged over time, and the fold read from what they make.
bool GridSelection::Merges(MetricType type) const {
  switch (request_.fold()) {
    case v1::FOLD_PRESENT:
      return true;
    case v1::FOLD_INCREASE:
      return type == MetricType::kCounter || type == MetricType::kDistribution || type == MetricType::kSet;
    case v1::FOLD_MERGE:
      return type == MetricType::kDistribution || type == MetricType::kSet;
    case v1::FOLD_SUM:
      return type != MetricType::kCheck;
    case v1::FOLD_MIN:
    case v1::FOLD_MAX:
    case v1::FOLD_AVG:
    case v1::FOLD_COUNT:
      return type == MetricType::kGauge;
    default:
      return false;
  }
}

absl::Status GridSelection::ReadMerging(Cancelled cancelled) {
  if (merging_.empty()) return absl::OkStatus();
  // Neighbouring parts of one length are read at once.
  std::map<absl::Duration, std::vector<GridWindows::Span>> spans;
  const std::vector<KeptRows> kept = reader_.Kept();
  for (const GridWindows::Span& segment : windows_->segments()) {
    for (const WindowPart& part : CoverWindow(At(segment.from_ms), At(segment.to_ms), kept)) {
      std::vector<GridWindows::Span>& of_length = spans[part.length];
      const GridWindows::Span span{absl::ToUnixMillis(part.from), absl::ToUnixMillis(part.to)};
      if (!of_length.empty() && of_length.back().to_ms == span.from_ms) {
        of_length.back().to_ms = span.to_ms;
      } else {
        of_length.push_back(span);
      }
    }
  }
  for (const auto& [length, of_length] : spans) {
    for (const GridWindows::Span& span : of_length) {
      TRIBUTARY_RETURN_IF_ERROR(Read(length, span, merging_, cancelled,
                                     [this](KeyId id, const Row& row, int64_t end) { return MergeRow(id, row, end); }));
    }
  }
  return absl::OkStatus();
}

absl::Status GridSelection::ReadRows(Cancelled cancelled) {
  if (others_.empty()) return absl::OkStatus();
  for (const GridWindows::Span& span : windows_->Covered()) {
    TRIBUTARY_RETURN_IF_ERROR(Read(reader_.ResolutionFor(At(span.from_ms)), span, others_, cancelled,
                                   [this](KeyId id, const Row& row, int64_t end) { return KeepRow(id, row, end); }));
  }
  return absl::OkStatus();
}

absl::Status GridSelection::Read(absl::Duration length, const GridWindows::Span& span, const std::vector<KeyId>& ids,
                                 Cancelled cancelled,
                                 absl::FunctionRef<absl::Status(KeyId, const Row&, int64_t)> take) {
  const IntervalScale scale(length);
  const uint64_t rows_before = summary_.rows();
  absl::Status stopped;
  TRIBUTARY_RETURN_IF_ERROR(
      reader_.ReadVisibleRows(length, ids, At(span.from_ms), At(span.to_ms), hidden_, [&](KeyId id, const Row& row) {
        if (summary_.rows() % kRowsBetweenChecks == 0 && cancelled()) {
          stopped = absl::CancelledError("the query was cancelled");
        } else if (summary_.rows() == limits_.max_rows) {
          stopped = OverLimit("max_rows", limits_.max_rows);
        } else {
          stopped = take(id, row, absl::ToUnixMillis(scale.End(row.interval)));
        }
        summary_.set_rows(summary_.rows() + 1);
        summary_.set_partial_rows(summary_.partial_rows() + (row.partial ? 1 : 0));
        summary_.set_min_coverage(std::min(summary_.min_coverage(), row.coverage));
        return stopped.ok();
      }));
  if (summary_.rows() > rows_before) AddResolution(length);
  return stopped;
}

void GridSelection::AddResolution(absl::Duration length) {
  const auto length_ms = static_cast<uint32_t>(absl::ToInt64Milliseconds(length));
  auto& all = *summary_.mutable_resolutions_ms();
  if (std::find(all.begin(), all.end(), length_ms) != all.end()) return;
  all.Add(length_ms);
  std::sort(all.begin(), all.end());
  summary_.set_resolution_ms(all[all.size() - 1]);
}

absl::Status GridSelection::AddMemory(size_t bytes) {
  memory_bytes_ += bytes;
  return memory_bytes_ > limits_.max_memory_bytes ? OverLimit("max_memory_bytes", limits_.max_memory_bytes)
                                                  : absl::OkStatus();
}

absl::Status GridSelection::MergeRow(KeyId id, const Row& row, int64_t end_ms) {
  const std::optional<size_t> segment = windows_->SegmentOf(end_ms);
  if (!segment) return absl::OkStatus();
  Group& group = groups_[group_of_series_.at(id)];
  const auto [merger, is_new] = group.segments.try_emplace(*segment, NewMerger(MergedType(row.key->type)));
  const size_t before = is_new ? 0 : merger->second.MemoryBytes();
  merger->second.Add(row.value, SourceOf(id, row.version, row.interval));
  int64_t& newest = group.newest_ms[*segment];
  newest = std::max(newest, end_ms);
  return AddMemory(merger->second.MemoryBytes() - before);
}

absl::Status GridSelection::KeepRow(KeyId id, const Row& row, int64_t end_ms) {
  std::vector<Entry>& rows = groups_[group_of_series_.at(id)].rows;
  // Late parts follow their row; of two names that are spelled alike rows may alternate.
  const auto same =
      std::find_if(rows.rbegin(), rows.rend(), [end_ms](const Entry& entry) { return entry.end_ms <= end_ms; });
  if (same != rows.rend() && same->end_ms == end_ms) {
    MergeInto(same->value, row.value);
    same->partial |= row.partial;
    return absl::OkStatus();
  }
  rows.insert(same.base(), Entry{.end_ms = end_ms, .value = row.value, .partial = row.partial});
  return AddMemory(sizeof(Entry) + MemoryBytes(row.value));
}

namespace {

// A number that stands for the row where that is all that is asked for; none of sketches.
std::optional<double> NumberOf(const Aggregate& value) {
  if (const auto* counter = std::get_if<CounterAggregate>(&value)) return counter->total.ToDouble();
  if (const auto* gauge = std::get_if<GaugeAggregate>(&value)) return gauge->last;
  if (const auto* check = std::get_if<CheckAggregate>(&value)) return check->status;
  return std::nullopt;
}

void PutAggregate(MetricType type, const Aggregate& value, v1::GridSeries& out) {
  v1::SeriesAggregate& merged = *out.add_merged();
  merged.set_type(static_cast<v1::MetricType>(type));  // the same numbers
  ToProto(value, merged);
}

void PutEntry(MetricType type, const Aggregate& value, int64_t end_ms, v1::GridSeries& out) {
  out.add_unix_ms(end_ms);
  if (const std::optional<double> number = NumberOf(value)) {
    out.add_values(*number);
  } else {
    PutAggregate(type, value, out);
  }
}

}  // namespace

absl::Status GridSelection::PutFolded(MetricType type, const Group& group, Cancelled cancelled, v1::GridSeries& out) {
  out.set_folded(true);
  std::map<size_t, Aggregate> finished;  // of segments in several windows
  for (const auto& [segment, merger] : group.segments) finished.emplace(segment, merger.Finish());
  for (size_t window = 0; window < windows_->windows(); ++window) {
    const auto [first, last] = windows_->SegmentsOf(window);
    const auto begin = finished.lower_bound(first);
    const auto end = finished.lower_bound(last);
    if (begin == end) continue;
    out.add_at(static_cast<uint32_t>(window));
    out.add_unix_ms(group.newest_ms.at(std::prev(end)->first));
    if (std::next(begin) == end) {
      PutAggregate(type, begin->second, out);
      continue;
    }
    AggregateMerger merger = NewMerger(type);
    for (auto part = begin; part != end; ++part) {
      if (++parts_ % kRowsBetweenChecks == 0 && cancelled()) return absl::CancelledError("the query was cancelled");
      if (parts_ > limits_.max_rows) return OverLimit("max_rows", limits_.max_rows);
      merger.Add(part->second, SourceOf(0, 0, static_cast<int64_t>(part->first)));
    }
    PutAggregate(type, merger.Finish(), out);
  }
  return absl::OkStatus();
}

void GridSelection::PutNewest(const Group& group, v1::GridSeries& out) const {
  out.set_folded(true);
  const MetricType type = static_cast<MetricType>(out.type());
  for (size_t window = 0; window < windows_->windows(); ++window) {
    const int64_t end = windows_->window_end(window);
    const auto after = std::partition_point(group.rows.begin(), group.rows.end(),
                                            [end](const Entry& entry) { return entry.end_ms <= end; });
    if (after == group.rows.begin() || std::prev(after)->end_ms <= end - request_.window_ms()) continue;
    out.add_at(static_cast<uint32_t>(window));
    PutEntry(type, std::prev(after)->value, std::prev(after)->end_ms, out);
  }
}

void GridSelection::PutRows(const Group& group, v1::GridSeries& out) const {
  for (const Entry& entry : group.rows) {
    if (entry.partial) out.add_partial(static_cast<uint32_t>(out.unix_ms_size()));
    PutEntry(static_cast<MetricType>(out.type()), entry.value, entry.end_ms, out);
  }
}

absl::Status GridSelection::SendAll(Cancelled cancelled, Send send) {
  v1::GridResponse response;
  size_t bytes = 0;
  for (const auto& [key, index] : group_index_) {
    const Group& group = groups_[index];
    if (group.segments.empty() && group.rows.empty()) continue;
    if (cancelled()) return absl::CancelledError("the query was cancelled");
    v1::GridSeries& out = *response.add_series();
    for (const auto& [label, value] : key.first) {
      v1::Label& pair = *out.add_labels();
      pair.set_name(label);
      pair.set_value(value);
    }
    out.set_type(static_cast<v1::MetricType>(key.second));
    if (!group.segments.empty()) {
      TRIBUTARY_RETURN_IF_ERROR(PutFolded(key.second, group, cancelled, out));
    } else if (request_.fold() == v1::FOLD_LAST) {
      PutNewest(group, out);
    } else {
      PutRows(group, out);
    }
    bytes += out.ByteSizeLong();
    if (bytes < kMessageBytes) continue;
    if (!send(response)) return absl::CancelledError("the client is gone");
    response.Clear();
    bytes = 0;
  }
  *response.mutable_summary() = summary_;
  return send(response) ? absl::OkStatus() : absl::CancelledError("the client is gone");
}

}  // namespace tributary
