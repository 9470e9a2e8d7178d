#include "proxy/query/merged_answer.h"

#include <algorithm>

#include "common/base/instance_id.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "common/wire/series.h"

namespace tributary {
namespace {

// Names a global to the mergers.
InstanceId SourceOf(const Member& global) {
  const Hash128 hash = Xxh3Hash128(global.id, 0);
  std::string bytes(InstanceId::kBytes, '\0');
  std::copy_n(reinterpret_cast<const char*>(&hash.high), 8, bytes.begin());
  std::copy_n(reinterpret_cast<const char*>(&hash.low), 8, bytes.begin() + 8);
  return *InstanceId::FromBytes(bytes);
}

}  // namespace

void MergedAnswer::Add(GlobalAnswer answer) {
  absl::StatusOr<std::vector<ReadGroup>> groups =
      answer.status.ok() ? Read(answer) : absl::StatusOr<std::vector<ReadGroup>>(answer.status);
  if (!groups.ok()) {
    missing_.push_back({std::move(answer.global), groups.status()});
    return;
  }
  for (const ReadGroup& group : *groups) Merge(group, answer.global);
  Note(answer.summary);
}

// All before any is merged: an answer counts whole or not at all.
absl::StatusOr<std::vector<MergedAnswer::ReadGroup>> MergedAnswer::Read(const GlobalAnswer& answer) {
  std::vector<ReadGroup> groups;
  for (const v1::Group& message : answer.groups) {
    absl::StatusOr<Aggregate> value = AggregateFromProto(message.merged());
    if (!value.ok()) return absl::InternalError(absl::StrCat("its answer cannot be read: ", value.status().message()));
    ReadGroup group{.labels = {}, .type = static_cast<MetricType>(message.merged().type()), .value = *std::move(value)};
    for (const v1::Label& label : message.labels()) group.labels.emplace(label.name(), label.value());
    groups.push_back(std::move(group));
  }
  return groups;
}

void MergedAnswer::Merge(const ReadGroup& group, const Member& global) {
  if (!IsDistribution(group.type)) {
    other_types_.insert(group.type);
    return;
  }
  const auto merger =
      distributions_.try_emplace(group.labels, MetricType::kDistribution, AggregateMerger::Options()).first;
  ++groups_;
  merger->second.Add(group.value, SourceOf(global));
}

void MergedAnswer::Note(const v1::Summary& summary) {
  ++answered_;
  series_ += summary.series();
  rows_ += summary.rows();
  partial_rows_ += summary.partial_rows();
  sealed_through_ = std::min(sealed_through_, absl::FromUnixMillis(summary.sealed_through_unix_ms()));
  names_.insert(summary.names().begin(), summary.names().end());
  if (summary.rows() == 0) return;
  min_coverage_ = std::min(min_coverage_, summary.min_coverage());
  resolutions_.insert(absl::Milliseconds(summary.resolution_ms()));
}

}  // namespace tributary
