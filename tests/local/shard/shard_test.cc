#include "local/shard/shard.h"

#include <gmock/gmock.h>

#include "tests/local/shard/shard_fixture.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ShardTest : public ShardFixture {};

const GaugeAggregate& GaugeOf(const ShardWindows& windows) {
  return std::get<GaugeAggregate>(windows.main.entries.at(0).value);
}

TEST_F(ShardTest, AddsCountersWithTheirExactWeight) {
  auto shard = NewShard();
  for (int i = 0; i < 100; ++i) Add(*shard, MetricType::kCounter, "hits", "", {1}, 1 / 0.1);
  Add(*shard, MetricType::kCounter, "hits", "", {0.5, 0.25});
  const ShardWindows windows = Take(*shard);
  EXPECT_EQ(CounterTotal(windows.main), 1000.75);  // Veneur had 900
  EXPECT_EQ(windows.main.entries.at(0).sample_count, 102u);
}

TEST_F(ShardTest, SketchesTimersWithTheirWeight) {
  auto shard = NewShard();
  Add(*shard, MetricType::kTimer, "latency", "", {1, 2, 4}, 2);
  const ShardWindows windows = Take(*shard);
  const auto& value = std::get<DistributionAggregate>(windows.main.entries.at(0).value);
  EXPECT_EQ(value.digest.count().ToDouble(), 6);
  EXPECT_EQ(value.digest.sum().ToDouble(), 14);
  EXPECT_EQ(value.digest.max(), 4);
  ASSERT_TRUE(value.reciprocal_sum.has_value());
  EXPECT_EQ(value.reciprocal_sum->ToDouble(), 3.5);
}

TEST_F(ShardTest, CountsDistinctMembers) {
  auto shard = NewShard();
  for (const absl::string_view member : {"a", "b", "a", "c"}) {
    Sample sample;
    sample.type = MetricType::kSet;
    sample.name = "visitors";
    sample.member = member;
    shard->Add(sample);
  }
  const ShardWindows windows = Take(*shard);
  EXPECT_NEAR(std::get<SetAggregate>(windows.main.entries.at(0).value).members.Estimate(), 3, 0.01);
  EXPECT_EQ(windows.main.entries.at(0).sample_count, 4u);
}

TEST_F(ShardTest, TakesTagsInAnyOrderAsOneSeries) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "hits", "b:2,a:1", {1});
  Add(*shard, MetricType::kCounter, "hits", "a:1,b:2", {2});
  Add(*shard, MetricType::kCounter, "hits", "a:1,,b:2,a:1", {4});
  const ShardWindows windows = Take(*shard);
  EXPECT_THAT(Names(windows.main), ElementsAre("global hits #a:1,b:2"));
  EXPECT_EQ(CounterTotal(windows.main), 7);
}

TEST_F(ShardTest, TellsSeriesOfDifferentTypeApart) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "x", "", {1});
  Add(*shard, MetricType::kTimer, "x", "", {1});
  EXPECT_EQ(Take(*shard).main.entries.size(), 2u);
}

TEST_F(ShardTest, BeginsEveryIntervalEmpty) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "hits", "", {1});
  EXPECT_EQ(Take(*shard, kFirstInterval + 1).main.interval, kFirstInterval);
  Add(*shard, MetricType::kCounter, "hits", "", {2});
  const ShardWindows second = Take(*shard, kFirstInterval + 2);
  EXPECT_EQ(second.main.interval, kFirstInterval + 1);
  EXPECT_EQ(CounterTotal(second.main), 2);
  EXPECT_THAT(Take(*shard, kFirstInterval + 3).main.entries, IsEmpty());
}

TEST_F(ShardTest, SendsASampleWhereTheRulesSay) {
  RuleSpec both;
  both.name = "latency";
  both.scopes = {{Scope::kGlobal, ""}, {Scope::kHost, "latency.by_host"}};
  RuleSpec dropped;
  dropped.name = "debug.*";
  dropped.drop = true;
  rules_ = *RuleSet::Build({both, dropped});
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "latency", "a:1", {1, 2});
  Add(*shard, MetricType::kCounter, "debug.x", "", {1, 2, 3});
  const ShardWindows windows = Take(*shard);
  EXPECT_THAT(Names(windows.main), UnorderedElementsAre("global latency #a:1", "host latency.by_host #a:1,host:web-1"));
  EXPECT_EQ(Dropped(DropReason::kRule), 3u);
  EXPECT_EQ(Accepted(), 7u);  // two samples in two series, three dropped
}

TEST_F(ShardTest, GivesTheFleetsGaugesTheirHost) {
  auto shard = NewShard();
  Add(*shard, MetricType::kGauge, "temperature", "", {20, 30, 25});
  const ShardWindows windows = Take(*shard);
  EXPECT_THAT(Names(windows.main), ElementsAre("host temperature #host:web-1"));
  EXPECT_EQ(GaugeOf(windows).last, 25);
  EXPECT_EQ(GaugeOf(windows).min, 20);
  EXPECT_EQ(GaugeOf(windows).max, 30);
  EXPECT_EQ(GaugeOf(windows).last_unix_ns, kStartUnixSeconds * 1'000'000'000);
}

TEST_F(ShardTest, AppliesDeltasToTheLastValue) {
  auto shard = NewShard();
  Add(*shard, MetricType::kGauge, "queue", "", {10});
  AddDelta(*shard, "queue", 5);
  AddDelta(*shard, "queue", -7);
  const ShardWindows windows = Take(*shard);
  EXPECT_EQ(GaugeOf(windows).last, 8);
  EXPECT_EQ(GaugeOf(windows).max, 15);
}

TEST_F(ShardTest, KeepsTheLevelWithoutEmittingIt) {
  auto shard = NewShard();
  Add(*shard, MetricType::kGauge, "queue", "", {10});
  Take(*shard, kFirstInterval + 1);
  EXPECT_THAT(Take(*shard, kFirstInterval + 2).main.entries, IsEmpty());
  AddDelta(*shard, "queue", 5);
  EXPECT_EQ(GaugeOf(Take(*shard, kFirstInterval + 3)).last, 15);
}

TEST_F(ShardTest, AppliesDeltasToWhatAnotherShardWasSent) {
  auto one = NewShard();
  auto other = NewShard();
  Add(*one, MetricType::kGauge, "queue", "", {10});
  AddDelta(*other, "queue", 5);
  AddDelta(*one, "queue", 1);
  EXPECT_EQ(GaugeOf(Take(*other)).last, 15);
  EXPECT_EQ(GaugeOf(Take(*one)).last, 16);
}

TEST_F(ShardTest, StartsAGaugeThatIsOnlyChangedAtZero) {
  auto shard = NewShard();
  AddDelta(*shard, "queue", -3);
  EXPECT_EQ(GaugeOf(Take(*shard)).last, -3);
}

TEST_F(ShardTest, RefusesDeltasOfAGlobalGauge) {
  RuleSpec global;
  global.name = "queue";
  global.scopes = {{Scope::kGlobal, ""}};
  rules_ = *RuleSet::Build({global});
  auto shard = NewShard();
  AddDelta(*shard, "queue", 5);
  EXPECT_THAT(Take(*shard).main.entries, IsEmpty());
  EXPECT_EQ(Dropped(DropReason::kGaugeDeltaGlobal), 1u);
}

TEST_F(ShardTest, DropsWhatExactSumsCannotHold) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "hits", "", {1e30, 1, -1e30});
  Add(*shard, MetricType::kTimer, "latency", "", {1e300});
  Add(*shard, MetricType::kGauge, "level", "", {1e300});
  AddDelta(*shard, "level", 4);
  const ShardWindows windows = Take(*shard);
  EXPECT_EQ(std::get<CounterAggregate>(windows.main.entries.at(0).value).total.ToDouble(), 1);
  EXPECT_EQ(std::get<GaugeAggregate>(windows.main.entries.at(2).value).last, 4);
  EXPECT_EQ(Dropped(DropReason::kOutOfRange), 4u);
  EXPECT_EQ(Accepted(), 6u);
}

TEST_F(ShardTest, PlacesTimestampsInTheirInterval) {
  auto shard = NewShard();
  clock_.Advance(absl::Seconds(5));
  shard->BeginBatch();
  struct Case {
    int64_t offset_seconds;
    double value;
  };
  // Now is 5 s into the open interval. Values are powers of two, so that a sum tells which of them are in it.
  for (const auto& [offset, value] : {Case{0, 1}, Case{9, 2}, Case{19, 4}, Case{20, 8}, Case{-1, 16}, Case{-10, 32},
                                      Case{-11, 64}, Case{-600, 128}, Case{-601, 256}, Case{1'000'000'000, 512}}) {
    Add(*shard, MetricType::kCounter, "hits", "", {value}, 1, kStartUnixSeconds + offset);
  }
  const ShardWindows windows = Take(*shard);
  EXPECT_EQ(CounterTotal(windows.main), 1 + 2 + 4);
  ASSERT_EQ(windows.late.size(), 3u);
  EXPECT_EQ(windows.late[0].interval, kFirstInterval - 60);
  EXPECT_EQ(CounterTotal(windows.late[0]), 128);
  EXPECT_EQ(windows.late[1].interval, kFirstInterval - 2);
  EXPECT_EQ(CounterTotal(windows.late[1]), 64);
  EXPECT_EQ(windows.late[2].interval, kFirstInterval - 1);
  EXPECT_EQ(CounterTotal(windows.late[2]), 16 + 32);
  EXPECT_EQ(Dropped(DropReason::kTimestampOutOfRange), 3u);  // 8, 256, 512
}

TEST_F(ShardTest, GivesGaugesTheTimeOfTheirTimestamp) {
  auto shard = NewShard();
  Add(*shard, MetricType::kGauge, "level", "", {1}, 1, kStartUnixSeconds + 9);
  Add(*shard, MetricType::kGauge, "level", "", {2}, 1, kStartUnixSeconds + 3);
  EXPECT_EQ(GaugeOf(Take(*shard)).last, 1);
}

TEST_F(ShardTest, SurvivesTimestampsAtTheEndOfTime) {
  auto shard = NewShard();
  for (const int64_t seconds : {int64_t{1}, int64_t{9'300'000'000}, INT64_MAX}) {
    Add(*shard, MetricType::kCounter, "hits", "", {1}, 1, seconds);
  }
  EXPECT_THAT(Take(*shard).late, IsEmpty());
  EXPECT_EQ(Dropped(DropReason::kTimestampOutOfRange), 3u);
}

TEST_F(ShardTest, BoundsWhatIsDatedBack) {
  limits_.max_late_series = 2;
  auto shard = NewShard();
  for (const absl::string_view name : {"a", "b", "c", "a"}) {
    Add(*shard, MetricType::kCounter, name, "", {1}, 1, kStartUnixSeconds - 5);
  }
  EXPECT_EQ(CounterTotal(Take(*shard).late.at(0)), 3);
  EXPECT_EQ(Dropped(DropReason::kLateLimit), 1u);
}

TEST_F(ShardTest, KeepsTheLastStateOfACheck) {
  auto shard = NewShard();
  CheckSample check;
  check.name = "db.up";
  check.status = 0;
  shard->Add(check);
  clock_.Advance(absl::Seconds(1));
  shard->BeginBatch();
  check.status = 2;
  check.message = "line\\nm\\:two";
  shard->Add(check);
  const ShardWindows windows = Take(*shard);
  EXPECT_THAT(Names(windows.main), ElementsAre("host db.up #host:web-1"));
  const auto& state = std::get<CheckAggregate>(windows.main.entries.at(0).value);
  EXPECT_EQ(state.status, 2);
  EXPECT_EQ(state.message, "line\nm:two");
  EXPECT_EQ(windows.main.entries.at(0).sample_count, 2u);
}

TEST_F(ShardTest, LetsACheckNameItsHost) {
  auto shard = NewShard();
  CheckSample check;
  check.name = "db.up";
  check.tags = "a:1";
  check.host = "db-7";
  shard->Add(check);
  EXPECT_THAT(Names(Take(*shard).main), ElementsAre("host db.up #a:1,host:db-7"));
}

TEST_F(ShardTest, CarriesEventsAlongUpToTheirLimit) {
  limits_.max_events = 1;
  auto shard = NewShard();
  EventSample event;
  event.title = "deploy";
  event.text = "one\\ntwo";
  event.tags = "a:1,dd.internal.entity_id:pod-7,b";
  event.alert_type = "error";
  shard->Add(event);
  shard->Add(event);
  const ShardWindows windows = Take(*shard);
  ASSERT_EQ(windows.main.events.size(), 1u);
  const Event& kept = windows.main.events.front();
  EXPECT_EQ(kept.text, "one\ntwo");
  EXPECT_THAT(kept.tags, ElementsAre("a:1", "b"));
  EXPECT_EQ(kept.alert_type, "error");
  EXPECT_EQ(kept.priority, "normal");
  EXPECT_EQ(kept.unix_ns, kStartUnixSeconds * 1'000'000'000);
  EXPECT_EQ(Dropped(DropReason::kEventLimit), 1u);
}

TEST_F(ShardTest, AnswersItselfAfterItsReaderHasEnded) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "hits", "", {3});
  shard->Detach();
  shard->RequestWindows(kFirstInterval + 1);
  const std::vector<ShardWindows> taken = shard->TakeWindows(absl::ZeroDuration());
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(CounterTotal(taken.front().main), 3);
}

TEST_F(ShardTest, AdoptsAPolicyAtTheEndOfTheInterval) {
  auto shard = NewShard();
  Add(*shard, MetricType::kCounter, "a", "", {1});
  RuleSpec drop;
  drop.drop = true;
  shard->Adopt(std::make_shared<const Policy>(Policy{.rules = *RuleSet::Build({drop})}));
  Add(*shard, MetricType::kCounter, "a", "", {2});
  shard->EndBatch();
  Add(*shard, MetricType::kCounter, "a", "", {4});
  EXPECT_EQ(CounterTotal(Take(*shard).main), 7);  // whole, although it was asked to change in the middle
  Add(*shard, MetricType::kCounter, "a", "", {8});
  EXPECT_THAT(Take(*shard, kFirstInterval + 2).main.entries, IsEmpty());
  EXPECT_EQ(Dropped(DropReason::kRule), 1u);
}

TEST_F(ShardTest, AdoptsTheLimitsOfEventsToo) {
  auto shard = NewShard();
  shard->Adopt(std::make_shared<const Policy>(Policy{.limits = {.max_events = 1}}));
  Take(*shard);
  for (int i = 0; i < 3; ++i) shard->Add(EventSample());
  EXPECT_EQ(Take(*shard, kFirstInterval + 2).main.events.size(), 1u);
}

}  // namespace
}  // namespace tributary
