#include "common/aggregate/aggregate_merger.h"

#include <utility>

#include "common/base/check.h"
#include "common/hash/hash128.h"

namespace tributary {

AggregateMerger::AggregateMerger(MetricType type, const Options& options) : options_(options) {
  if (IsDistribution(type)) {
    state_ = DistributionMerger{.digest = TDigestMerger(options.buffer_centroids)};
  } else {
    state_ = MakeAggregate(type);
  }
}

void AggregateMerger::Add(const Aggregate& aggregate, const InstanceId& source) {
  if (auto* merged = std::get_if<Aggregate>(&state_)) return MergeInto(*merged, aggregate);
  const auto* distribution = std::get_if<DistributionAggregate>(&aggregate);
  TRIBUTARY_CHECK(distribution != nullptr);
  AddDistribution(*distribution, source);
}

void AggregateMerger::Add(Aggregate&& aggregate, const InstanceId& source) {
  if (auto* merged = std::get_if<Aggregate>(&state_)) return MergeInto(*merged, aggregate);
  auto* distribution = std::get_if<DistributionAggregate>(&aggregate);
  TRIBUTARY_CHECK(distribution != nullptr);
  AddDistribution(std::move(*distribution), source);
}

template <class Distribution>
void AggregateMerger::AddDistribution(Distribution&& distribution, const InstanceId& source) {
  auto& merger = std::get<DistributionMerger>(state_);
  AddReciprocalSum(merger.reciprocal_sum, distribution.reciprocal_sum);
  merger.digest.Add(std::forward<Distribution>(distribution).digest, Xxh3Hash64(source.bytes(), 0));
}

Aggregate AggregateMerger::Finish() const {
  if (const auto* merged = std::get_if<Aggregate>(&state_)) return *merged;
  const auto& merger = std::get<DistributionMerger>(state_);
  return DistributionAggregate{merger.digest.Finish(options_.compression), merger.reciprocal_sum};
}

bool AggregateMerger::approximate_order() const {
  const auto* merger = std::get_if<DistributionMerger>(&state_);
  return merger != nullptr && merger->digest.approximate_order();
}

size_t AggregateMerger::MemoryBytes() const {
  if (const auto* merged = std::get_if<Aggregate>(&state_)) return sizeof *this + tributary::MemoryBytes(*merged);
  return sizeof *this + std::get<DistributionMerger>(state_).digest.MemoryBytes();
}

}  // namespace tributary
