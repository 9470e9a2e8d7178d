#include "global/query/selection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/instance_id.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "common/wire/series.h"
#include "global/query/series_matcher.h"

namespace tributary {
namespace {

constexpr int kMaxGroupLabels = 32;
constexpr int kMaxNamesShown = 8;
constexpr uint64_t kRowsBetweenChecks = 256;
constexpr size_t kMessageBytes = 512 << 10;  // a message is sent when it has grown over this

// Timers, histograms and distributions are one kind.
MetricType MergedType(MetricType type) { return IsDistribution(type) ? MetricType::kDistribution : type; }

absl::Status OverLimit(absl::string_view limit, uint64_t value) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the query reaches ", limit, " = ", value, "; ask for fewer series or a shorter window"));
}

// The smaller of the server's limit and the client's own.
void Tighten(uint64_t& limit, uint64_t asked) {
  if (asked > 0) limit = std::min(limit, asked);
}

// Names a row to the merger, so that its compaction spreads rows evenly and always in the same way.
InstanceId SourceOf(KeyId id, const Row& row) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U32(id);
  writer.U32(row.version);
  writer.U64(static_cast<uint64_t>(row.interval));
  return *InstanceId::FromBytes(bytes);
}

}  // namespace

// Rows are merged as finely as an owner merges a window; a group of many rows is compacted early, so that many groups
// fit.
Selection::Group::Group(MetricType type)
    : merger(type, {.compression = 500, .buffer_centroids = TDigestMerger::kMinBufferCentroids}) {}

Selection::Selection(const RowReader& reader, const v1::SelectRequest& request, const SelectLimits& limits)
    : reader_(reader), request_(request), limits_(limits) {
  Tighten(limits_.max_series, request.max_series());
  Tighten(limits_.max_rows, request.max_rows());
  grouping_.without = request.without();
  for (const std::string& label : request.group_labels()) grouping_.labels.insert(PrometheusLabelName(label));
  summary_.set_min_coverage(1);
}

absl::Status Selection::Run(Cancelled cancelled, Send send) {
  TRIBUTARY_RETURN_IF_ERROR(CheckRequest());
  // Before reading: what is sealed from now on may or may not be among the rows.
  const IntervalScale scale(reader_.Resolutions().front());
  summary_.set_sealed_through_unix_ms(absl::ToUnixMillis(scale.End(reader_.sealed_through())));
  TRIBUTARY_RETURN_IF_ERROR(FindSeries());
  TRIBUTARY_RETURN_IF_ERROR(ReadRows(cancelled));
  return SendGroups(send);
}

absl::Status Selection::CheckRequest() const {
  if (request_.name().empty()) return absl::InvalidArgumentError("no metric is named");
  if (request_.group_labels_size() > kMaxGroupLabels) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxGroupLabels, " labels to group by"));
  }
  if (request_.from_unix_ms() >= request_.to_unix_ms()) return absl::InvalidArgumentError("the window is empty");
  return absl::OkStatus();
}

std::vector<std::string> Selection::MatchingNames() const {
  std::vector<std::string> names;
  if (request_.exact_name() || PrometheusMetricName(request_.name()) != request_.name()) {
    names.push_back(request_.name());  // no other name is spelled like this
    return names;
  }
  for (std::string& name : reader_.Names()) {
    if (NameMatches(request_, name)) names.push_back(std::move(name));
  }
  return names;
}

absl::Status Selection::FindSeries() {
  TRIBUTARY_ASSIGN_OR_RETURN(const SeriesMatcher matcher, SeriesMatcher::Compile(request_));
  for (const std::string& name : MatchingNames()) {
    for (const StoredSeries& series : reader_.FindSeries(name)) {
      const Labels labels = PrometheusLabels(series.key->tags);
      if (matcher.Matches(labels)) TRIBUTARY_RETURN_IF_ERROR(AddSeries(series, labels));
    }
  }
  return absl::OkStatus();
}

absl::Status Selection::AddSeries(const StoredSeries& series, const Labels& labels) {
  if (group_of_series_.size() == limits_.max_series) return OverLimit("max_series", limits_.max_series);
  const MetricType type = MergedType(series.key->type);
  const auto [group, is_new] = group_index_.emplace(GroupKey(grouping_.GroupOf(labels), type), groups_.size());
  if (is_new) {
    if (groups_.size() == limits_.max_groups) return OverLimit("max_groups", limits_.max_groups);
    groups_.emplace_back(type);
  }
  group_of_series_.emplace(series.id, group->second);
  names_.insert(series.key->name);
  return absl::OkStatus();
}

absl::Status Selection::ReadRows(Cancelled cancelled) {
  std::vector<KeyId> ids;
  for (const auto& [id, group] : group_of_series_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());

  const absl::Time from = absl::FromUnixMillis(request_.from_unix_ms());
  const absl::Duration resolution = reader_.ResolutionFor(from);
  summary_.set_resolution_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(resolution)));
  absl::Status stopped;
  TRIBUTARY_RETURN_IF_ERROR(reader_.ReadRows(
      resolution, ids, from, absl::FromUnixMillis(request_.to_unix_ms()), [&](KeyId id, const Row& row) {
        const bool check = summary_.rows() % kRowsBetweenChecks == 0;
        stopped = check && cancelled() ? absl::CancelledError("the query was cancelled") : AddRow(id, row);
        return stopped.ok();
      }));
  return stopped;
}

absl::Status Selection::AddRow(KeyId id, const Row& row) {
  if (summary_.rows() == limits_.max_rows) return OverLimit("max_rows", limits_.max_rows);
  Group& group = groups_[group_of_series_.at(id)];
  const size_t before = group.merger.MemoryBytes();
  group.merger.Add(row.value, SourceOf(id, row));
  group.has_rows = true;
  memory_bytes_ += group.merger.MemoryBytes() - before;
  if (memory_bytes_ > limits_.max_memory_bytes) return OverLimit("max_memory_bytes", limits_.max_memory_bytes);

  summary_.set_rows(summary_.rows() + 1);
  summary_.set_partial_rows(summary_.partial_rows() + (row.partial ? 1 : 0));
  summary_.set_min_coverage(std::min(summary_.min_coverage(), row.coverage));
  return absl::OkStatus();
}

absl::Status Selection::SendGroups(Send send) {
  v1::SelectResponse response;
  size_t bytes = 0;
  for (const auto& [key, index] : group_index_) {
    const Group& group = groups_[index];
    if (!group.has_rows) continue;
    v1::Group& out = *response.add_groups();
    for (const auto& [label, value] : key.first) {
      v1::Label& pair = *out.add_labels();
      pair.set_name(label);
      pair.set_value(value);
    }
    out.mutable_merged()->set_type(static_cast<v1::MetricType>(key.second));  // the same numbers
    ToProto(group.merger.Finish(), *out.mutable_merged());
    bytes += out.ByteSizeLong();
    if (bytes < kMessageBytes) continue;
    if (!send(response)) return absl::CancelledError("the client is gone");
    response.Clear();
    bytes = 0;
  }
  FinishSummary();
  *response.mutable_summary() = summary_;
  return send(response) ? absl::OkStatus() : absl::CancelledError("the client is gone");
}

void Selection::FinishSummary() {
  summary_.set_series(group_of_series_.size());
  for (const std::string& name : names_) {
    if (summary_.names_size() < kMaxNamesShown) summary_.add_names(name);
  }
}

}  // namespace tributary
