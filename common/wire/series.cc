#include "common/wire/series.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/wire/messages.h"
#include "common/wire/refusal.h"

namespace tributary {
namespace {

void Write(Fixed128 value, v1::Fixed128& out) {
  out.set_high(value.high());
  out.set_low(value.low());
}

void Write(const Fixed192& value, v1::Fixed192& out) {
  out.set_high(value.high());
  out.set_middle(value.middle());
  out.set_low(value.low());
}

Fixed128 Read(const v1::Fixed128& message) { return Fixed128::FromParts(message.high(), message.low()); }

Fixed192 Read(const v1::Fixed192& message) {
  return Fixed192::FromParts(message.high(), message.middle(), message.low());
}

void WriteWriter(const InstanceId& writer, const InstanceId& unit_instance, std::string& out) {
  if (!writer.empty() && writer != unit_instance) out = std::string(writer.bytes());
}

std::optional<InstanceId> ReadWriter(const std::string& bytes, const InstanceId& unit_instance) {
  return bytes.empty() ? unit_instance : InstanceId::FromBytes(bytes);
}

// One Write per arm of Aggregate; `out` is empty.
void Write(const CounterAggregate& counter, v1::SeriesAggregate& out, const InstanceId&) {
  v1::Counter& message = *out.mutable_counter();
  if (!counter.total.IsZero()) Write(counter.total, *message.mutable_total());
}

void Write(const GaugeAggregate& gauge, v1::SeriesAggregate& out, const InstanceId& unit_instance) {
  v1::Gauge& message = *out.mutable_gauge();
  message.set_last(gauge.last);
  message.set_last_unix_ns(gauge.last_unix_ns);
  WriteWriter(gauge.last_writer, unit_instance, *message.mutable_last_writer());
  message.set_min(gauge.min);
  message.set_max(gauge.max);
  Write(gauge.sum, *message.mutable_sum());
  message.set_count(gauge.count);
}

void Write(const DistributionAggregate& distribution, v1::SeriesAggregate& out, const InstanceId&) {
  v1::Distribution& message = *out.mutable_distribution();
  distribution.digest.Encode(*message.mutable_digest());
  if (distribution.reciprocal_sum.has_value()) Write(*distribution.reciprocal_sum, *message.mutable_reciprocal_sum());
}

void Write(const SetAggregate& set, v1::SeriesAggregate& out, const InstanceId&) {
  set.members.Encode(*out.mutable_set()->mutable_members());
}

void Write(const CheckAggregate& check, v1::SeriesAggregate& out, const InstanceId& unit_instance) {
  v1::Check& message = *out.mutable_check();
  message.set_status(check.status);
  message.set_message(check.message);
  message.set_unix_ns(check.unix_ns);
  WriteWriter(check.writer, unit_instance, *message.mutable_writer());
}

// And one Read per arm.
Aggregate Read(const v1::Counter& message) { return CounterAggregate{.total = Read(message.total())}; }

absl::StatusOr<Aggregate> Read(const v1::Gauge& message, const InstanceId& unit_instance) {
  const std::optional<InstanceId> writer = ReadWriter(message.last_writer(), unit_instance);
  const double least = message.min();
  const double most = message.max();
  // Written so that NaN fails.
  const bool ordered = least <= message.last() && message.last() <= most;
  if (!writer.has_value() || message.count() == 0 || !ordered || !Fixed192::Representable(least) ||
      !Fixed192::Representable(most)) {
    return Refused("bad_gauge");
  }
  GaugeAggregate gauge;
  gauge.last = message.last() + 0.0;  // no negative zero
  gauge.last_unix_ns = message.last_unix_ns();
  gauge.last_writer = *writer;
  gauge.min = least + 0.0;
  gauge.max = most + 0.0;
  gauge.sum = Read(message.sum());
  gauge.count = message.count();
  return gauge;
}

absl::StatusOr<Aggregate> Read(const v1::Distribution& message) {
  DistributionFields fields{message.digest(), std::nullopt};
  if (message.has_reciprocal_sum()) fields.reciprocal_sum = Read(message.reciprocal_sum());
  return DistributionOf(fields);
}

absl::StatusOr<Aggregate> Read(const v1::Set& message) {
  absl::StatusOr<HyperLogLog> members = HyperLogLog::Decode(message.members());
  if (!members.ok() || members->empty()) return Refused("bad_set");
  return SetAggregate{.members = *std::move(members)};
}

absl::StatusOr<Aggregate> Read(const v1::Check& message, const InstanceId& unit_instance) {
  const std::optional<InstanceId> writer = ReadWriter(message.writer(), unit_instance);
  if (!writer.has_value() || message.status() > kMaxCheckStatus || message.message().size() > kMaxCheckMessageBytes) {
    return Refused("bad_check");
  }
  return CheckAggregate{.status = static_cast<uint8_t>(message.status()),
                        .message = message.message(),
                        .unix_ns = message.unix_ns(),
                        .writer = *writer};
}

absl::StatusOr<Aggregate> ReadArm(const v1::SeriesAggregate& message, const InstanceId& unit_instance) {
  switch (message.value_case()) {
    case v1::SeriesAggregate::kCounter:
      return Read(message.counter());
    case v1::SeriesAggregate::kGauge:
      return Read(message.gauge(), unit_instance);
    case v1::SeriesAggregate::kDistribution:
      return Read(message.distribution());
    case v1::SeriesAggregate::kSet:
      return Read(message.set());
    case v1::SeriesAggregate::kCheck:
      return Read(message.check(), unit_instance);
    case v1::SeriesAggregate::VALUE_NOT_SET:
      break;
  }
  return Refused("bad_type");
}

// Of protobuf fields.
constexpr uint64_t VarintTag(int field) { return static_cast<uint64_t>(field) << 3; }
constexpr uint64_t Fixed64Tag(int field) { return static_cast<uint64_t>(field) << 3 | 1; }
constexpr uint64_t SizedTag(int field) { return static_cast<uint64_t>(field) << 3 | 2; }

// The enumerators of both are equal.
std::optional<MetricType> ReadType(v1::MetricType type) {
  if (type == v1::METRIC_TYPE_UNSPECIFIED || !v1::MetricType_IsValid(type)) return std::nullopt;
  return static_cast<MetricType>(type);
}

}  // namespace

void ToProto(const SeriesKey& key, v1::SeriesAggregate& out) {
  out.set_name(key.name);
  out.mutable_tags()->Reserve(static_cast<int>(key.tags.size()));
  for (const std::string& tag : key.tags) out.add_tags(tag);
  out.set_type(static_cast<v1::MetricType>(key.type));
}

void ToProto(const Aggregate& aggregate, v1::SeriesAggregate& out, const InstanceId& unit_instance) {
  std::visit([&](const auto& arm) { Write(arm, out, unit_instance); }, aggregate);
}

absl::StatusOr<SeriesKey> KeyFromProto(const v1::SeriesAggregate& message) {
  const std::optional<MetricType> type = ReadType(message.type());
  if (!type.has_value()) return Refused("bad_type");
  if (static_cast<size_t>(message.tags_size()) > kMaxTags) return Refused("bad_key");
  SeriesKey key{message.name(), {message.tags().begin(), message.tags().end()}, *type};
  if (!key.IsWithinLimits() || !key.IsCanonical()) return Refused("bad_key");
  return key;
}

absl::StatusOr<Aggregate> AggregateFromProto(const v1::SeriesAggregate& message, const InstanceId& unit_instance) {
  const std::optional<MetricType> type = ReadType(message.type());
  if (!type.has_value()) return Refused("bad_type");
  absl::StatusOr<Aggregate> aggregate = ReadArm(message, unit_instance);
  if (aggregate.ok() && !AgreesWithType(*aggregate, *type)) return Refused("bad_type");
  return aggregate;
}

std::optional<DistributionFields> FieldsOfDistribution(absl::string_view bytes) {
  ByteReader series(bytes);
  if (series.Varint() != SizedTag(v1::SeriesAggregate::kDistributionFieldNumber)) return std::nullopt;
  ByteReader reader(series.Sized());
  if (!series.AtEnd() || reader.Varint() != SizedTag(v1::Distribution::kDigestFieldNumber)) return std::nullopt;
  DistributionFields fields{reader.Sized(), std::nullopt};
  if (reader.AtEnd()) return fields;
  if (reader.Varint() != SizedTag(v1::Distribution::kReciprocalSumFieldNumber)) return std::nullopt;
  ByteReader sum(reader.Sized());
  if (!reader.AtEnd()) return std::nullopt;
  int64_t high = 0;
  uint64_t middle = 0;
  uint64_t low = 0;
  uint64_t tag = sum.AtEnd() ? 0 : sum.Varint();
  if (tag == VarintTag(v1::Fixed192::kHighFieldNumber)) {
    high = sum.Zigzag();
    tag = sum.AtEnd() ? 0 : sum.Varint();
  }
  if (tag == Fixed64Tag(v1::Fixed192::kMiddleFieldNumber)) {
    middle = sum.U64();
    tag = sum.AtEnd() ? 0 : sum.Varint();
  }
  if (tag == Fixed64Tag(v1::Fixed192::kLowFieldNumber)) {
    low = sum.U64();
    tag = 0;
  }
  if (tag != 0 || !sum.AtEnd()) return std::nullopt;
  fields.reciprocal_sum = Fixed192::FromParts(high, middle, low);
  return fields;
}

absl::StatusOr<Aggregate> DistributionOf(const DistributionFields& fields) {
  absl::StatusOr<TDigest> digest = TDigest::Decode(fields.digest);
  if (!digest.ok() || digest->empty()) return Refused("bad_digest");
  return DistributionAggregate{.digest = *std::move(digest), .reciprocal_sum = fields.reciprocal_sum};
}

v1::Row ToProto(const Row& row) {
  v1::Row message;
  ToProto(row.key, *message.mutable_series());
  message.set_interval(row.interval);
  message.set_version(row.version);
  ValueToProto(row, row.value, message);
  return message;
}

void ValueToProto(const Row& row, const Aggregate& value, v1::Row& out) {
  out.mutable_series()->set_type(static_cast<v1::MetricType>(row.key->type));
  ToProto(value, *out.mutable_series());
  out.set_partial(row.partial);
  out.set_late(row.late);
  out.set_approximate_order(row.approximate_order);
  out.set_coverage(row.coverage);
  out.set_contributors(row.contributors);
  if (!row.total.has_value()) return;
  Write(row.total->count, *out.mutable_total_count());
  if (IsDistribution(row.key->type)) Write(row.total->sum, *out.mutable_total_sum());
  out.set_total_since(row.total->since);
}

absl::StatusOr<Row> FromProto(const v1::Row& message) {
  TRIBUTARY_ASSIGN_OR_RETURN(SeriesKey key, KeyFromProto(message.series()));
  return ValueFromProto(message, std::move(key), message.interval(), message.version());
}

absl::StatusOr<Row> ValueFromProto(const v1::Row& message, SharedSeriesKey key, IntervalIndex interval,
                                   uint32_t version) {
  Row row;
  row.key = std::move(key);
  row.interval = interval;
  row.version = version;
  TRIBUTARY_ASSIGN_OR_RETURN(row.value, AggregateFromProto(message.series()));
  const bool in_range =
      interval >= 0 && interval <= kMaxInterval && version > 0 && message.coverage() >= 0 && message.coverage() <= 1;
  const bool fits = AgreesWithType(row.value, row.key->type) && (!message.has_total_count() || HasTotal(row.key->type));
  if (!in_range || !fits) return Refused("bad_row");
  row.partial = message.partial();
  row.late = message.late();
  row.approximate_order = message.approximate_order();
  row.coverage = message.coverage();
  row.contributors = message.contributors();
  if (message.has_total_count()) {
    if (message.total_since() > interval) return Refused("bad_row");
    row.total = RunningTotal{Read(message.total_count()), Read(message.total_sum()), message.total_since()};
  }
  return row;
}

}  // namespace tributary
