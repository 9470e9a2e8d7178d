#include "common/sink/json_row.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StatisticOptions Everything() {
  StatisticOptions options;
  options.percentiles = {0.5, 0.999};
  options.aggregates = {Statistic::kCount, Statistic::kSum,    Statistic::kMin,  Statistic::kMax,
                        Statistic::kAvg,   Statistic::kMedian, Statistic::kHmean};
  options.gauge_aggregates = {Statistic::kMin, Statistic::kMax, Statistic::kAvg};
  return options;
}

std::string Json(const Row& row) { return JsonRow(row, TenSeconds(), Everything()); }

// The schema of docs/derived-names.md.

TEST(JsonRowTest, Timer) {
  EXPECT_EQ(
      Json(TimerRow("api.latency", {4, 4}, {"canary", "env:prod"})),
      R"({"name":"api.latency","type":"timer","tags":{"canary":"true","env":"prod"},"tag_list":["canary","env:prod"],)"
      R"("start_unix_ms":1000000,"end_unix_ms":1010000,"version":1,"partial":false,"late":false,"coverage":1.0,)"
      R"("contributors":1,"count":2.0,"sum":8.0,"min":4.0,"max":4.0,"avg":4.0,"hmean":4.0,"median":4.0,)"
      R"("percentiles":{"p50":4.0,"p99.9":4.0},"total":{"count":3.0,"sum":1008.0,"since_unix_ms":990000}})");
}

TEST(JsonRowTest, Counter) {
  EXPECT_EQ(Json(CounterRow("c", 2.5)),
            R"({"name":"c","type":"counter","tags":{},"tag_list":[],"start_unix_ms":1000000,"end_unix_ms":1010000,)"
            R"("version":1,"partial":false,"late":false,"coverage":1.0,"contributors":1,"value":2.5,)"
            R"("total":{"count":2.5,"since_unix_ms":1000000}})");
}

TEST(JsonRowTest, GaugeSetAndCheck) {
  EXPECT_THAT(Json(GaugeRow("g", {1, 5, 3})), HasSubstr(R"("last":3.0,"min":1.0,"max":5.0,"avg":3.0)"));
  EXPECT_THAT(Json(MakeRow(MetricType::kSet, "s")), HasSubstr(R"("estimate":0.0)"));
  Row check = MakeRow(MetricType::kCheck, "up");
  std::get<CheckAggregate>(check.value) = {.status = 1, .message = "slow\n", .unix_ns = 5, .writer = InstanceId()};
  EXPECT_THAT(Json(check), HasSubstr(R"("status":1,"message":"slow\n")"));
}

TEST(JsonRowTest, PartialRowHasNoPercentiles) {
  Row row = TimerRow("t", {4, 4});
  row.partial = true;
  row.coverage = 0.25;
  EXPECT_THAT(Json(row), HasSubstr(R"("partial":true,"late":false,"coverage":0.25)"));
  EXPECT_THAT(Json(row), Not(HasSubstr("percentiles")));
  EXPECT_THAT(Json(row), Not(HasSubstr("median")));
  EXPECT_THAT(Json(row), HasSubstr(R"("sum":8.0)"));
}

TEST(JsonRowTest, RepeatedTagKeysAreJoinedInTheMapAndKeptInTheList) {
  EXPECT_THAT(Json(GaugeRow("g", {1}, {"role:web", "role:db"})),
              HasSubstr(R"("tags":{"role":"db,web"},"tag_list":["role:db","role:web"])"));
}

TEST(JsonRowTest, AnyBytesMakeOneLineOfValidJson) {
  std::string name;
  for (int byte = 0; byte < 256; ++byte) name.push_back(static_cast<char>(byte));
  const std::string json = Json(GaugeRow(name, {1}, {name}));
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(json));
}

TEST(JsonRowTest, NumbersThatJsonDoesNotHaveAreNull) {
  Row row = GaugeRow("g", {1});
  std::get<GaugeAggregate>(row.value).last = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Json(row), HasSubstr(R"("last":null)"));
}

TEST(JsonRowTest, EventIsOneObject) {
  Event event = MakeEvent("deployed", {"env:prod", "canary"});
  event.text = "line one\nline \xff";
  event.unix_ns = 1'500'000'000;
  event.host = "n1";
  event.priority = "low";
  event.alert_type = "error";
  EXPECT_EQ(JsonEvent(event),
            R"({"type":"event","title":"deployed","text":"line one\nline �","tags":{"canary":"true","env":"prod"},)"
            R"("tag_list":["env:prod","canary"],"unix_ms":1500,"host":"n1","aggregation_key":"","priority":"low",)"
            R"("alert_type":"error","source_type":""})");
}

}  // namespace
}  // namespace tributary
