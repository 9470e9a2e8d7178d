#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/aggregate/aggregate.h"
#include "common/aggregate/row.h"
#include "common/base/instance_id.h"
#include "common/metric/series_key.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {

// Between series, their aggregates and rows, and the messages that travel and are stored.
//
// ToProto is total. FromProto takes messages that may hold anything and returns values that every invariant holds of:
// keys canonical and within limits, numbers finite, at least one sample, the arm that the type has. Its errors are
// InvalidArgument with one word as message, from a fixed set (docs/wire.md, "Refusals").

inline constexpr uint32_t kMaxCheckStatus = 3;
inline constexpr size_t kMaxCheckMessageBytes = 8 << 10;

// Both fill a part of `out`, which is empty before the first.
void ToProto(const SeriesKey& key, v1::SeriesAggregate& out);
// A writer that is `unit_instance` is left out.
void ToProto(const Aggregate& aggregate, v1::SeriesAggregate& out, const InstanceId& unit_instance = InstanceId());

absl::StatusOr<SeriesKey> KeyFromProto(const v1::SeriesAggregate& message);
// Reads type and value only. A writer that was left out is `unit_instance`.
absl::StatusOr<Aggregate> AggregateFromProto(const v1::SeriesAggregate& message,
                                             const InstanceId& unit_instance = InstanceId());

// What a distribution's field of a SeriesAggregate holds, where it stands.
struct DistributionFields {
  absl::string_view digest;
  std::optional<Fixed192> reciprocal_sum;
};
// Of that field alone, written as our encoders do; none when it is written otherwise, well-formed or not.
std::optional<DistributionFields> FieldsOfDistribution(absl::string_view bytes);
absl::StatusOr<Aggregate> DistributionOf(const DistributionFields& fields);

v1::Row ToProto(const Row& row);
absl::StatusOr<Row> FromProto(const v1::Row& message);

// A row without what its place in a store says: name, tags, interval and version. `value` is the row's own, or made of
// it; `out` is empty.
void ValueToProto(const Row& row, const Aggregate& value, v1::Row& out);
// REQUIRES: `key`, `interval` and `version` are those of the row's place.
absl::StatusOr<Row> ValueFromProto(const v1::Row& message, SharedSeriesKey key, IntervalIndex interval,
                                   uint32_t version);

}  // namespace tributary
