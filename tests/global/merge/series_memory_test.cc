#include "global/merge/series_memory.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

TEST(SeriesMemoryTest, UnrememberedSeriesGoWithTheirLastWindow) {
  SeriesMemory memory(10);
  auto* series = memory.Acquire(CounterKey("a"));
  EXPECT_EQ(memory.Acquire(CounterKey("a")), series);
  memory.Release(series);
  EXPECT_NE(memory.Find(CounterKey("a")), nullptr);
  memory.Release(series);
  EXPECT_EQ(memory.Find(CounterKey("a")), nullptr);
}

TEST(SeriesMemoryTest, RefusesToRememberBeyondItsBound) {
  SeriesMemory memory(1);
  EXPECT_TRUE(memory.Remember(memory.Acquire(CounterKey("a"))));
  EXPECT_FALSE(memory.Remember(memory.Acquire(CounterKey("b"))));
  EXPECT_EQ(memory.size(), 1u);
  EXPECT_EQ(memory.refused(), 1u);
}

TEST(SeriesMemoryTest, ForgetsIdleSeriesThatNoWindowHolds) {
  SeriesMemory memory(10);
  for (const char* name : {"idle", "held", "fresh"}) {
    auto* series = memory.Acquire(CounterKey(name));
    memory.Remember(series);
    series->second.last_interval = name == std::string("fresh") ? 100 : 5;
    if (name != std::string("held")) memory.Release(series);
  }
  EXPECT_THAT(memory.ForgetBefore(50), testing::ElementsAre(CounterKey("idle")));
  EXPECT_EQ(memory.size(), 2u);
}

TEST(SeriesMemoryTest, TotalsAddCountsAndSums) {
  DistributionAggregate timer;
  timer.Add(3, 2);
  timer.Add(4, 1);
  const RunningTotal added = AddedBy(timer);
  EXPECT_EQ(added.count.ToDouble(), 3);
  EXPECT_EQ(added.sum.ToDouble(), 10);
  EXPECT_EQ(AddedBy(CounterOf(2.5)).count.ToDouble(), 2.5);
}

}  // namespace
}  // namespace tributary
