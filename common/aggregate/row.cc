#include "common/aggregate/row.h"

#include <variant>

namespace tributary {

bool HasTotal(MetricType type) { return type == MetricType::kCounter || IsDistribution(type); }

RunningTotal AddedBy(const Aggregate& value) {
  if (const auto* counter = std::get_if<CounterAggregate>(&value)) return {counter->total, Fixed192(), 0};
  const TDigest& digest = std::get<DistributionAggregate>(value).digest;
  return {digest.count(), digest.sum(), 0};
}

RunningTotal& RunningTotal::operator+=(const RunningTotal& added) {
  count += added.count;
  sum += added.sum;
  return *this;
}

}  // namespace tributary
