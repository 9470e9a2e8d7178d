#pragma once

#include "absl/status/statusor.h"
#include "common/aggregate/aggregate.h"
#include "common/aggregate/row.h"
#include "common/base/instance_id.h"
#include "common/metric/series_key.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {

// Between what is merged and what travels: series, their aggregates, events and rows.
//
// ToProto is total. FromProto takes messages that may hold anything and returns values that every invariant holds of:
// keys canonical and within limits, numbers finite, at least one sample, the arm that the type has. Its errors are
// InvalidArgument with one word as message, from a fixed set (docs/wire.md), fit to be a label of a counter.

inline constexpr size_t kMaxCheckMessageBytes = 8 << 10;
inline constexpr size_t kMaxEventBytes = 64 << 10;  // all text of one event

void ToProto(const SeriesKey& key, v1::SeriesAggregate& out);
// A writer equal to `unit_instance` is left out.
void ToProto(const Aggregate& aggregate, v1::SeriesAggregate& out, const InstanceId& unit_instance = InstanceId());
v1::Event ToProto(const Event& event);
v1::Row ToProto(const Row& row);

absl::StatusOr<SeriesKey> KeyFromProto(const v1::SeriesAggregate& message);
// Of `message` only type and value are read. A writer that was left out is `unit_instance`.
absl::StatusOr<Aggregate> AggregateFromProto(const v1::SeriesAggregate& message,
                                             const InstanceId& unit_instance = InstanceId());
absl::StatusOr<Event> FromProto(const v1::Event& message);
absl::StatusOr<Row> FromProto(const v1::Row& message);

// What FromProto takes.
bool IsWithinLimits(const Event& event);

}  // namespace tributary
