#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/fixed_point.h"
#include "common/base/instance_id.h"
#include "common/metric/metric_type.h"
#include "common/sketch/hyperloglog.h"
#include "common/sketch/tdigest.h"

namespace tributary {

// Mergeable state of one series in one interval, one struct per kind. Laws, each tested: a fresh value is the identity
// of Merge; merging gives the same result in any order and grouping (digests: in any order, and within their bound in
// any grouping). Add returns false, and changes nothing, for a value that cannot be represented; the caller counts it
// as `out_of_range`. Values are thread-compatible.

struct CounterAggregate {
  Fixed128 total;
  bool Add(double value, double weight);
  void Merge(const CounterAggregate& other) { total += other.total; }
  friend bool operator==(const CounterAggregate&, const CounterAggregate&) = default;
};

struct GaugeAggregate {
  double last = 0;
  int64_t last_unix_ns = INT64_MIN;  // the largest (last_unix_ns, last_writer, last) wins a merge
  InstanceId last_writer;
  double min = 0;
  double max = 0;
  Fixed192 sum;
  uint64_t count = 0;  // samples; 0 is the identity
  bool Add(double value, int64_t unix_ns, const InstanceId& writer);
  void Merge(const GaugeAggregate& other);
  friend bool operator==(const GaugeAggregate&, const GaugeAggregate&) = default;
};

struct DistributionAggregate {
  TDigest digest;
  // Sum of weight / value; none once a value was <= 0 or too small for its reciprocal to fit: no harmonic mean then.
  std::optional<Fixed192> reciprocal_sum = Fixed192();
  bool Add(double value, double weight);
  void Merge(const DistributionAggregate& other);
};

// Of two parts of one distribution: none unless both have one.
void AddReciprocalSum(std::optional<Fixed192>& sum, const std::optional<Fixed192>& other);

struct SetAggregate {
  HyperLogLog members;
  bool Add(absl::string_view member);  // true: every string can be a member
  void Merge(const SetAggregate& other) { members.Merge(other.members); }
};

struct CheckAggregate {
  uint8_t status = 3;  // 0 ok, 1 warning, 2 critical, 3 unknown
  std::string message;
  int64_t unix_ns = INT64_MIN;  // the largest (unix_ns, writer, status, message) wins a merge
  InstanceId writer;
  void Merge(const CheckAggregate& other);
  friend bool operator==(const CheckAggregate&, const CheckAggregate&) = default;
};

using Aggregate = std::variant<CounterAggregate, GaugeAggregate, DistributionAggregate, SetAggregate, CheckAggregate>;

// The fresh aggregate of a type; `compression` and `dither_seed` are for digests.
Aggregate MakeAggregate(MetricType type, double compression = 100, uint64_t dither_seed = 0);
// The arm that a type has.
bool AgreesWithType(const Aggregate& aggregate, MetricType type);
// REQUIRES: the same arm.
void MergeInto(Aggregate& into, const Aggregate& from);
// At most; what its parts hold on the heap included.
size_t MemoryBytes(const Aggregate& aggregate);

// Not aggregated: rides in a unit and goes to the sinks that take it. Ordered, so that equal sets make equal bytes.
struct Event {
  std::string title;
  std::string text;
  int64_t unix_ns = 0;
  std::string host;
  std::string aggregation_key;
  std::string priority = "normal";
  std::string alert_type = "info";
  std::string source_type;
  std::vector<std::string> tags;
  friend auto operator<=>(const Event&, const Event&) = default;
};

}  // namespace tributary
