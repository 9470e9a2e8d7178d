#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/aggregate/aggregate.h"
#include "common/metric/series_key.h"

namespace tributary {

inline InstanceId InstanceOf(char c) { return *InstanceId::FromBytes(std::string(InstanceId::kBytes, c)); }

inline GaugeAggregate GaugeOf(const std::vector<double>& values, int64_t unix_ns, const InstanceId& writer) {
  GaugeAggregate gauge;
  for (const double value : values) gauge.Add(value, unix_ns, writer);
  return gauge;
}

inline DistributionAggregate DistributionOf(const std::vector<double>& values) {
  DistributionAggregate distribution;
  for (const double value : values) distribution.Add(value, 1);
  return distribution;
}

inline SetAggregate SetOf(const std::vector<std::string>& members) {
  SetAggregate set;
  for (const std::string& member : members) set.Add(member);
  return set;
}

// What tests/golden/unit_payload_v2.textproto says.
inline std::vector<std::pair<SeriesKey, Aggregate>> GoldenSeries() {
  const InstanceId own = InstanceOf('A');
  CounterAggregate counter;
  counter.Add(-0.25, 10);
  const CheckAggregate check{.status = 2, .message = "no answer", .unix_ns = 1700000001000000000, .writer = own};
  return {
      {{"api.requests", {"canary", "region:eu"}, MetricType::kCounter}, counter},
      {{"queue.depth", {"host:web-1"}, MetricType::kGauge}, GaugeOf({25, -1, 7.5}, 1700000000000000000, own)},
      {{"queue.\xff"
        "depth",
        {},
        MetricType::kGauge},
       GaugeOf({1}, 5, InstanceOf('B'))},
      {{"api.latency", {}, MetricType::kTimer}, DistributionOf({1, 2, 4, 8})},
      {{"api.users", {}, MetricType::kSet}, SetOf({"alice", "bob"})},
      {{"db.alive", {"host:web-1"}, MetricType::kCheck}, check},
  };
}

inline Event GoldenEvent() {
  Event event;
  event.title = "deploy";
  event.text = "v2\nis out";
  event.unix_ns = 1700000002000000000;
  event.host = "web-1";
  event.alert_type = "success";
  event.tags = {"team:api"};
  return event;
}

inline std::string EncodedBytes(const TDigest& digest) {
  std::string bytes;
  digest.Encode(bytes);
  return bytes;
}

inline std::string EncodedBytes(const HyperLogLog& set) {
  std::string bytes;
  set.Encode(bytes);
  return bytes;
}

// Equal in every field; sketches by their bytes.
inline bool Same(const Aggregate& a, const Aggregate& b) {
  if (a.index() != b.index()) return false;
  if (const auto* distribution = std::get_if<DistributionAggregate>(&a)) {
    const auto& other = std::get<DistributionAggregate>(b);
    return EncodedBytes(distribution->digest) == EncodedBytes(other.digest) &&
           distribution->reciprocal_sum == other.reciprocal_sum;
  }
  if (const auto* set = std::get_if<SetAggregate>(&a)) {
    return EncodedBytes(set->members) == EncodedBytes(std::get<SetAggregate>(b).members);
  }
  if (const auto* counter = std::get_if<CounterAggregate>(&a)) return *counter == std::get<CounterAggregate>(b);
  if (const auto* gauge = std::get_if<GaugeAggregate>(&a)) return *gauge == std::get<GaugeAggregate>(b);
  return std::get<CheckAggregate>(a) == std::get<CheckAggregate>(b);
}

}  // namespace tributary
