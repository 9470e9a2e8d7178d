#include "common/aggregate/aggregate.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "common/base/check.h"

namespace tributary {
namespace {

// The grids of fixed_point.h know no negative zero, and equal values must have equal bytes.
double WithoutNegativeZero(double value) { return value + 0.0; }

size_t ArmOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return 0;
    case MetricType::kGauge:
      return 1;
    case MetricType::kTimer:
    case MetricType::kHistogram:
    case MetricType::kDistribution:
      return 2;
    case MetricType::kSet:
      return 3;
    case MetricType::kCheck:
      return 4;
  }
  TRIBUTARY_CHECK(false);
}

}  // namespace

bool CounterAggregate::Add(double value, double weight) {
  const double increment = value * weight;
  if (!std::isfinite(weight) || weight <= 0 || !Fixed128::Representable(increment)) return false;
  total += Fixed128::FromDouble(increment);
  return true;
}

// Of samples with equal times the later one added is the last.
bool GaugeAggregate::Add(double value, int64_t unix_ns, const InstanceId& writer) {
  if (!Fixed192::Representable(value)) return false;
  value = WithoutNegativeZero(value);
  if (count == 0 || unix_ns >= last_unix_ns) {
    last = value;
    last_unix_ns = unix_ns;
    last_writer = writer;
  }
  min = count == 0 ? value : std::min(min, value);
  max = count == 0 ? value : std::max(max, value);
  sum += Fixed192::FromDouble(value);
  ++count;
  return true;
}

void GaugeAggregate::Merge(const GaugeAggregate& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  if (std::tie(other.last_unix_ns, other.last_writer, other.last) > std::tie(last_unix_ns, last_writer, last)) {
    last = other.last;
    last_unix_ns = other.last_unix_ns;
    last_writer = other.last_writer;
  }
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  sum += other.sum;
  count += other.count;
}

bool DistributionAggregate::Add(double value, double weight) {
  if (!digest.Add(value, weight)) return false;
  if (!reciprocal_sum.has_value()) return true;
  const double reciprocal = weight / value;
  if (value > 0 && Fixed192::Representable(reciprocal)) {
    *reciprocal_sum += Fixed192::FromDouble(reciprocal);
  } else {
    reciprocal_sum.reset();
  }
  return true;
}

void DistributionAggregate::Merge(const DistributionAggregate& other) {
  AddReciprocalSum(reciprocal_sum, other.reciprocal_sum);
  digest.Merge({&other.digest});
}

void AddReciprocalSum(std::optional<Fixed192>& sum, const std::optional<Fixed192>& other) {
  if (sum.has_value() && other.has_value()) {
    *sum += *other;
  } else {
    sum.reset();
  }
}

bool SetAggregate::Add(absl::string_view member) {
  members.Add(member);
  return true;
}

void CheckAggregate::Merge(const CheckAggregate& other) {
  const auto order = [](const CheckAggregate& check) {
    return std::tie(check.unix_ns, check.writer, check.status, check.message);
  };
  if (order(other) > order(*this)) *this = other;
}

Aggregate MakeAggregate(MetricType type, double compression, uint64_t dither_seed) {
  switch (type) {
    case MetricType::kCounter:
      return CounterAggregate();
    case MetricType::kGauge:
      return GaugeAggregate();
    case MetricType::kTimer:
    case MetricType::kHistogram:
    case MetricType::kDistribution:
      return DistributionAggregate{.digest = TDigest(compression, dither_seed)};
    case MetricType::kSet:
      return SetAggregate();
    case MetricType::kCheck:
      return CheckAggregate();
  }
  TRIBUTARY_CHECK(false);
}

bool AgreesWithType(const Aggregate& aggregate, MetricType type) { return aggregate.index() == ArmOf(type); }

void MergeInto(Aggregate& into, const Aggregate& from) {
  TRIBUTARY_CHECK(into.index() == from.index());
  std::visit([&](auto& arm) { arm.Merge(std::get<std::decay_t<decltype(arm)>>(from)); }, into);
}

size_t MemoryBytes(const Aggregate& aggregate) {
  size_t held = 0;
  if (const auto* distribution = std::get_if<DistributionAggregate>(&aggregate))
    held = distribution->digest.MemoryBytes();
  if (const auto* set = std::get_if<SetAggregate>(&aggregate)) held = set->members.MemoryBytes();
  if (const auto* check = std::get_if<CheckAggregate>(&aggregate)) held = check->message.capacity();
  return sizeof aggregate + held;
}

}  // namespace tributary
