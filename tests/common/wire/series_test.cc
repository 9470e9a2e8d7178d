#include "common/wire/series.h"

#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/common/wire/sample_units.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

v1::SeriesAggregate MessageOf(const SeriesKey& key, const Aggregate& aggregate) {
  v1::SeriesAggregate message;
  ToProto(key, message);
  ToProto(aggregate, message);
  return message;
}

v1::SeriesAggregate Golden(MetricType type) {
  for (const auto& [key, aggregate] : GoldenSeries()) {
    if (key.type == type) return MessageOf(key, aggregate);
  }
  return {};
}

std::string KeyReason(const v1::SeriesAggregate& message) {
  return std::string(KeyFromProto(message).status().message());
}
std::string Reason(const v1::SeriesAggregate& message) {
  return std::string(AggregateFromProto(message).status().message());
}

TEST(SeriesTest, EveryKindIsReadBack) {
  for (const auto& [key, aggregate] : GoldenSeries()) {
    const v1::SeriesAggregate message = MessageOf(key, aggregate);
    const absl::StatusOr<SeriesKey> read_key = KeyFromProto(message);
    const absl::StatusOr<Aggregate> read = AggregateFromProto(message);
    ASSERT_TRUE(read_key.ok() && read.ok()) << key.name;
    EXPECT_EQ(*read_key, key);
    EXPECT_TRUE(Same(*read, aggregate)) << key.name;
  }
}

TEST(SeriesTest, EveryTypeOfDistributionIsReadBack) {
  for (const MetricType type : {MetricType::kTimer, MetricType::kHistogram, MetricType::kDistribution}) {
    const v1::SeriesAggregate message = MessageOf({"m", {}, type}, DistributionOf({3, -1}));
    EXPECT_EQ(KeyFromProto(message)->type, type);
    const absl::StatusOr<Aggregate> read = AggregateFromProto(message);
    ASSERT_TRUE(read.ok());
    EXPECT_FALSE(std::get<DistributionAggregate>(*read).reciprocal_sum.has_value());
  }
}

TEST(SeriesTest, ACounterOfNothingIsZero) {
  const absl::StatusOr<Aggregate> read =
      AggregateFromProto(MessageOf({"m", {}, MetricType::kCounter}, CounterAggregate()));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(std::get<CounterAggregate>(*read).total.IsZero());
}

TEST(SeriesTest, AnyBytesMayBeNamesAndTags) {
  const SeriesKey key{std::string("\xff\x00\xc3", 3), {"\x80:\xfe"}, MetricType::kCounter};
  EXPECT_EQ(*KeyFromProto(MessageOf(key, CounterAggregate())), key);
}

TEST(SeriesTest, KeysBeyondTheirLimitsAreRefused) {
  const auto reason = [](const std::string& name, const std::vector<std::string>& tags) {
    return KeyReason(MessageOf({name, tags, MetricType::kCounter}, CounterAggregate()));
  };
  EXPECT_EQ(reason("m", {}), "");
  EXPECT_EQ(reason("", {}), "bad_key");
  EXPECT_EQ(reason(std::string(1025, 'n'), {}), "bad_key");
  EXPECT_EQ(reason("m", {std::string(513, 't')}), "bad_key");
  EXPECT_EQ(reason("m", {"b", "a"}), "bad_key");
  EXPECT_EQ(reason("m", {"a", "a"}), "bad_key");
  EXPECT_EQ(reason("m", {""}), "bad_key");
  std::vector<std::string> tags;
  for (int i = 0; i < 65; ++i) tags.push_back(absl::StrCat(100 + i));
  EXPECT_EQ(reason("m", tags), "bad_key");
}

TEST(SeriesTest, TheTypeMustBeKnownAndAgreeWithTheValue) {
  v1::SeriesAggregate message = Golden(MetricType::kCounter);
  for (const int type : {0, 8, -1, 1000}) {
    message.set_type(static_cast<v1::MetricType>(type));
    EXPECT_EQ(KeyReason(message), "bad_type");
    EXPECT_EQ(Reason(message), "bad_type");
  }
  message.set_type(v1::METRIC_TYPE_GAUGE);
  EXPECT_EQ(Reason(message), "bad_type");
  message.clear_value();
  EXPECT_EQ(Reason(message), "bad_type");
}

TEST(SeriesTest, WrongGaugesAreRefused) {
  const std::pair<const char*, std::function<void(v1::Gauge&)>> wrong[] = {
      {"no samples", [](v1::Gauge& gauge) { gauge.set_count(0); }},
      {"not a number", [](v1::Gauge& gauge) { gauge.set_last(std::nan("")); }},
      {"min not a number", [](v1::Gauge& gauge) { gauge.set_min(std::nan("")); }},
      {"max infinite", [](v1::Gauge& gauge) { gauge.set_max(kInfinity); }},
      {"min infinite", [](v1::Gauge& gauge) { gauge.set_min(-kInfinity); }},
      {"last above max", [](v1::Gauge& gauge) { gauge.set_last(26); }},
      {"last below min", [](v1::Gauge& gauge) { gauge.set_last(-2); }},
      {"short writer", [](v1::Gauge& gauge) { gauge.set_last_writer("short"); }},
  };
  for (const auto& [what, change] : wrong) {
    v1::SeriesAggregate message = Golden(MetricType::kGauge);
    ASSERT_EQ(Reason(message), "");
    change(*message.mutable_gauge());
    EXPECT_EQ(Reason(message), "bad_gauge") << what;
  }
}

TEST(SeriesTest, ZeroOfAGaugeIsReadWithoutASign) {
  v1::SeriesAggregate message = MessageOf({"g", {}, MetricType::kGauge}, GaugeOf({0}, 1, InstanceOf('A')));
  message.mutable_gauge()->set_last(-0.0);
  const absl::StatusOr<Aggregate> read = AggregateFromProto(message);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(std::signbit(std::get<GaugeAggregate>(*read).last));
}

TEST(SeriesTest, WrongSketchesAreRefused) {
  v1::SeriesAggregate timer = Golden(MetricType::kTimer);
  timer.mutable_distribution()->set_digest("no digest");
  EXPECT_EQ(Reason(timer), "bad_digest");
  timer.mutable_distribution()->set_digest(EncodedBytes(TDigest()));
  EXPECT_EQ(Reason(timer), "bad_digest");
  v1::SeriesAggregate set = Golden(MetricType::kSet);
  set.mutable_set()->set_members("no set");
  EXPECT_EQ(Reason(set), "bad_set");
  set.mutable_set()->set_members(EncodedBytes(HyperLogLog()));
  EXPECT_EQ(Reason(set), "bad_set");
}

TEST(SeriesTest, WrongChecksAreRefused) {
  v1::SeriesAggregate message = Golden(MetricType::kCheck);
  message.mutable_check()->set_status(4);
  EXPECT_EQ(Reason(message), "bad_check");
  message.mutable_check()->set_status(259);  // 3 in eight bits
  EXPECT_EQ(Reason(message), "bad_check");
  message = Golden(MetricType::kCheck);
  message.mutable_check()->set_message(std::string(kMaxCheckMessageBytes + 1, 'm'));
  EXPECT_EQ(Reason(message), "bad_check");
  message = Golden(MetricType::kCheck);
  message.mutable_check()->set_writer(std::string(17, 'w'));
  EXPECT_EQ(Reason(message), "bad_check");
}

Row GoldenRow(MetricType type) {
  Row row;
  for (const auto& [key, aggregate] : GoldenSeries()) {
    if (key.type != type) continue;
    row.key = key;
    row.value = aggregate;
  }
  row.interval = 170000000;
  row.version = 2;
  row.partial = true;
  row.late = true;
  row.approximate_order = true;
  row.coverage = 0.75;
  row.contributors = 12;
  return row;
}

TEST(RowTest, EveryFieldIsReadBack) {
  Row row = GoldenRow(MetricType::kTimer);
  row.total = RunningTotal{Fixed128::FromDouble(12.5), Fixed192::FromDouble(-3.25), 169999999};
  const absl::StatusOr<Row> read = FromProto(ToProto(row));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->key, row.key);
  EXPECT_EQ(read->interval, row.interval);
  EXPECT_EQ(read->version, row.version);
  EXPECT_TRUE(read->partial);
  EXPECT_TRUE(read->late);
  EXPECT_TRUE(read->approximate_order);
  EXPECT_EQ(read->coverage, row.coverage);
  EXPECT_EQ(read->contributors, row.contributors);
  EXPECT_TRUE(Same(read->value, row.value));
  EXPECT_EQ(read->total, row.total);
}

TEST(RowTest, EveryKindIsReadBack) {
  for (const auto type : {MetricType::kCounter, MetricType::kGauge, MetricType::kSet, MetricType::kCheck}) {
    const Row row = GoldenRow(type);
    const absl::StatusOr<Row> read = FromProto(ToProto(row));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(Same(read->value, row.value)) << MetricTypeName(type);
    EXPECT_FALSE(read->total.has_value());
  }
}

TEST(RowTest, ATotalOfZeroIsATotal) {
  Row row = GoldenRow(MetricType::kCounter);
  row.total = RunningTotal{{}, {}, row.interval};
  EXPECT_EQ(FromProto(ToProto(row))->total, row.total);
}

TEST(RowTest, WrongRowsAreRefused) {
  const std::pair<const char*, std::function<void(v1::Row&)>> wrong[] = {
      {"no version", [](v1::Row& row) { row.set_version(0); }},
      {"coverage above 1", [](v1::Row& row) { row.set_coverage(1.01); }},
      {"coverage not a number", [](v1::Row& row) { row.set_coverage(std::nan("")); }},
      {"negative interval", [](v1::Row& row) { row.set_interval(-1); }},
      {"interval beyond all", [](v1::Row& row) { row.set_interval(std::numeric_limits<int64_t>::max()); }},
      {"total from the future",
       [](v1::Row& row) { row.mutable_total_count(), row.set_total_since(row.interval() + 1); }},
  };
  for (const auto& [what, change] : wrong) {
    v1::Row message = ToProto(GoldenRow(MetricType::kCounter));
    ASSERT_TRUE(FromProto(message).ok());
    change(message);
    EXPECT_EQ(FromProto(message).status().message(), "bad_row") << what;
  }
  v1::Row gauge = ToProto(GoldenRow(MetricType::kGauge));
  gauge.mutable_total_count();
  EXPECT_EQ(FromProto(gauge).status().message(), "bad_row");
  EXPECT_EQ(FromProto(v1::Row()).status().message(), "bad_type");
}

}  // namespace
}  // namespace tributary
