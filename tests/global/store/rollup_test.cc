#include "global/store/rollup.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr IntervalIndex kStart = 360 * 100;  // where an hour begins

Row TimerRow(const std::string& name, IntervalIndex interval, const std::vector<double>& samples) {
  Row row = CounterRow(name, interval, 0);
  row.key = SeriesKey{name, {"env:prod", "host:a"}, MetricType::kTimer};
  row.total.reset();
  DistributionAggregate timer{TDigest(500), Fixed192()};
  for (const double sample : samples) timer.Add(sample, 1);
  row.value = std::move(timer);
  return row;
}

class RollupTest : public testing::Test {
 protected:
  RollupTest() : store_(dir_.path()) {}

  void Commit(std::vector<Row> rows, IntervalIndex sealed_through) {
    CommitPlan plan;
    for (Row& row : rows) {
      const IntervalIndex interval = row.interval;
      plan.windows.push_back(CommitOfRows(interval, {std::move(row)}));
    }
    plan.sealed_through = sealed_through;
    ASSERT_TRUE(store_.Commit(plan).ok());
  }
  std::vector<Row> Rows(const std::string& name, absl::Duration length) {
    return store_.Rows(name, absl::UnixEpoch(), absl::FromUnixSeconds(100'000'000), length);
  }
  std::vector<double> Values(const std::string& name, absl::Duration length) {
    std::vector<double> values;
    for (const Row& row : Rows(name, length)) {
      values.push_back(std::get<CounterAggregate>(row.value).total.ToDouble());
    }
    return values;
  }
  // An hour and a minute of ones.
  void CommitAnHour() {
    std::vector<Row> rows;
    for (int i = 0; i < 366; ++i) rows.push_back(CounterRow("a", kStart + i, 1));
    Commit(std::move(rows), kStart + 365);
  }

  TempDir dir_;
  StoreHarness store_;
};

TEST_F(RollupTest, MinutesAndHoursAreSumsOfWhatIsSealed) {
  CommitAnHour();
  store_.RollUp();
  EXPECT_THAT(Values("a", absl::Hours(1)), ElementsAre(360));
  const auto minutes = Values("a", absl::Minutes(1));
  EXPECT_EQ(minutes.size(), 61u);
  EXPECT_THAT(minutes, testing::Each(6));
  const auto kept = store_.ledger->Kept();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[1].through, store_.scale.End(kStart + 365));
  EXPECT_EQ(kept[2].through, store_.scale.End(kStart + 359));
}

TEST_F(RollupTest, NothingIsMadeOfAWindowThatIsNotSealed) {
  Commit({CounterRow("a", kStart, 1), CounterRow("a", kStart + 5, 1)}, kStart + 4);
  store_.RollUp();
  EXPECT_THAT(Values("a", absl::Minutes(1)), IsEmpty());
  Commit({}, kStart + 5);
  store_.RollUp();
  EXPECT_THAT(Values("a", absl::Minutes(1)), ElementsAre(2));
}

TEST_F(RollupTest, LateVersionsCorrectMinutesAndHours) {
  CommitAnHour();
  store_.RollUp();
  Commit({CounterRow("a", kStart + 7, 100, 2)}, kStart + 365);
  store_.RollUp();
  EXPECT_EQ(Values("a", absl::Minutes(1))[1], 106);
  EXPECT_THAT(Values("a", absl::Hours(1)), ElementsAre(460));
}

TEST_F(RollupTest, SupersetsReplaceWhatWasPartial) {
  Row partial = CounterRow("a", kStart, 1);
  partial.partial = true;
  partial.coverage = 0.5;
  Commit({partial, CounterRow("a", kStart + 1, 1)}, kStart + 5);
  store_.RollUp();
  const Row before = Rows("a", absl::Minutes(1)).at(0);
  EXPECT_TRUE(before.partial);
  EXPECT_EQ(before.coverage, 0.5);
  Commit({CounterRow("a", kStart, 10)}, kStart + 5);
  store_.RollUp();
  const Row after = Rows("a", absl::Minutes(1)).at(0);
  EXPECT_FALSE(after.partial);
  EXPECT_EQ(after.coverage, 1);
  EXPECT_THAT(Values("a", absl::Minutes(1)), ElementsAre(11));
}

TEST_F(RollupTest, WhatAStartFindsStaleOrHalfDoneIsMade) {
  CommitAnHour();
  store_.RollUp();
  Commit({CounterRow("a", kStart + 7, 100, 2)}, kStart + 365);
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) rows.push_back(CounterRow(absl::StrCat("b", i), kStart + 366, i));
  Commit(std::move(rows), kStart + 371);
  store_.Reopen();
  EXPECT_EQ(store_.ledger->Rollups()[0].stale, 1u);
  ASSERT_TRUE(*store_.ledger->RollUp(6));   // the stale row of a minute
  ASSERT_TRUE(*store_.ledger->RollUp(60));  // ten of the twenty
  store_.Reopen();
  store_.RollUp();
  EXPECT_EQ(Values("a", absl::Minutes(1))[1], 106);
  EXPECT_THAT(Values("a", absl::Hours(1)), ElementsAre(460));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Values(absl::StrCat("b", i), absl::Minutes(1)), ElementsAre(i)) << i;
}

TEST_F(RollupTest, LateRowsOfTheWindowUnderWayAreNotLost) {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) rows.push_back(CounterRow(absl::StrCat("b", i), kStart, 1));
  Commit(std::move(rows), kStart + 5);
  while (store_.ledger->Rollups()[0].rows_made == 0) ASSERT_TRUE(*store_.ledger->RollUp(60));
  Commit({CounterRow("b0", kStart + 1, 5), CounterRow("b19", kStart + 1, 5)}, kStart + 5);
  store_.RollUp();
  EXPECT_THAT(Values("b0", absl::Minutes(1)), ElementsAre(6));
  EXPECT_THAT(Values("b19", absl::Minutes(1)), ElementsAre(6));
}

TEST_F(RollupTest, MarksBeyondTheBoundMakeWholeWindowsAgain) {
  store_.options_of_ledger.max_stale = 3;
  store_.Reopen();
  CommitAnHour();
  store_.RollUp();
  std::vector<Row> late;
  for (int i = 0; i < 10; ++i) late.push_back(CounterRow("a", kStart + 6 * i, 10, 2));
  Commit(std::move(late), kStart + 365);
  EXPECT_EQ(store_.ledger->Rollups()[0].rewinds, 1u);
  EXPECT_LE(store_.ledger->Rollups()[0].stale, 3u);
  EXPECT_LT(store_.ledger->Kept()[1].through, store_.scale.End(kStart + 365));
  store_.Reopen();
  store_.RollUp();
  EXPECT_THAT(Values("a", absl::Hours(1)), ElementsAre(460));
  EXPECT_EQ(Values("a", absl::Minutes(1))[9], 16);
  EXPECT_EQ(store_.ledger->Kept()[1].through, store_.scale.End(kStart + 365));
}

TEST_F(RollupTest, GaugesKeepLastLeastMostSumAndCount) {
  std::vector<Row> rows;
  for (int i = 0; i < 6; ++i) {
    Row row = CounterRow("g", kStart + i, 0);
    row.key = SeriesKey{"g", {"host:a"}, MetricType::kGauge};
    row.total.reset();
    GaugeAggregate gauge;
    const int64_t second = absl::ToUnixSeconds(store_.scale.Start(kStart + i));
    gauge.Add(i == 3 ? -4 : i, second * 1'000'000'000, InstanceId());
    row.value = gauge;
    rows.push_back(row);
  }
  Commit(rows, kStart + 5);
  store_.RollUp();
  const auto minutes = Rows("g", absl::Minutes(1));
  ASSERT_EQ(minutes.size(), 1u);
  const auto& gauge = std::get<GaugeAggregate>(minutes[0].value);
  EXPECT_EQ(gauge.last, 5);
  EXPECT_EQ(gauge.min, -4);
  EXPECT_EQ(gauge.max, 5);
  EXPECT_EQ(gauge.sum.ToDouble(), 0 + 1 + 2 - 4 + 4 + 5);
  EXPECT_EQ(gauge.count, 6u);
}

TEST_F(RollupTest, SetsCountEachMemberOnce) {
  std::vector<Row> rows;
  for (int i = 0; i < 6; ++i) {
    Row row = CounterRow("s", kStart + i, 0);
    row.key = SeriesKey{"s", {}, MetricType::kSet};
    row.total.reset();
    SetAggregate set;
    for (const int member : {i, i + 1}) set.Add(absl::StrCat(member));
    row.value = set;
    rows.push_back(row);
  }
  Commit(rows, kStart + 5);
  store_.RollUp();
  const auto minutes = Rows("s", absl::Minutes(1));
  ASSERT_EQ(minutes.size(), 1u);
  EXPECT_NEAR(std::get<SetAggregate>(minutes[0].value).members.Estimate(), 7, 0.1);
}

// Any window, put together of the coarsest rows, gives the percentiles of its samples: the rank of the answer among the
// samples themselves is off by no more than what the digest owes (docs/sketches.md), through any number of rollups.
TEST_F(RollupTest, PercentilesOfAnyWindowAreThoseOfItsSamples) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::lognormal_distribution<> latency(3, 0.8);
  std::vector<std::vector<double>> samples(3 * 360);
  std::vector<Row> rows;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (int n = 0; n < 50; ++n) samples[i].push_back(latency(random) * (1 + static_cast<double>(i) / 1000));
    rows.push_back(TimerRow("t", kStart + static_cast<IntervalIndex>(i), samples[i]));
  }
  const IntervalIndex end = kStart + static_cast<IntervalIndex>(samples.size());
  Commit(std::move(rows), end - 1);
  store_.RollUp(2000);
  for (int round = 0; round < 12; ++round) {
    size_t first = random() % samples.size(), last = random() % samples.size();
    if (first > last) std::swap(first, last);
    if (round == 0) first = 0, last = samples.size() - 1;
    std::vector<double> sorted;
    for (size_t i = first; i <= last; ++i) sorted.insert(sorted.end(), samples[i].begin(), samples[i].end());
    std::sort(sorted.begin(), sorted.end());
    TDigestMerger merger;
    const absl::Time from = store_.scale.Start(kStart + static_cast<IntervalIndex>(first));
    const absl::Time to = store_.scale.End(kStart + static_cast<IntervalIndex>(last));
    for (const WindowPart& part : CoverWindow(from, to, store_.ledger->Kept())) {
      for (const Row& row : store_.Rows("t", part.from, part.to, part.length)) {
        merger.Add(std::get<DistributionAggregate>(row.value).digest, static_cast<uint64_t>(row.interval));
      }
    }
    const TDigest merged = merger.Finish(500);
    ASSERT_EQ(merged.count().ToDouble(), static_cast<double>(sorted.size()));
    for (const auto& [q, bound] : {std::pair(0.5, 0.004), {0.9, 0.003}, {0.99, 0.001}, {0.999, 0.0005}}) {
      const auto at = std::lower_bound(sorted.begin(), sorted.end(), merged.Quantile(q));
      const double rank = static_cast<double>(at - sorted.begin()) / static_cast<double>(sorted.size());
      const double owed = bound + 1.0 / static_cast<double>(sorted.size());
      EXPECT_NEAR(rank, q, owed) << q << " of " << first << ".." << last;
    }
  }
}

}  // namespace
}  // namespace tributary
