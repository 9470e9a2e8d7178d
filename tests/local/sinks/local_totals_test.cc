#include "local/sinks/local_totals.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

Row Counter(const std::string& name, IntervalIndex interval, double value, bool late = false) {
  CounterAggregate counter;
  EXPECT_TRUE(counter.Add(value, 1));
  Row row;
  row.key = SeriesKey{name, {}, MetricType::kCounter};
  row.interval = interval;
  row.late = late;
  row.value = counter;
  return row;
}

// The total's count and first interval; -1 when there is none.
std::pair<double, IntervalIndex> TotalOf(LocalTotals& totals, Row row) {
  std::vector<Row> rows = {std::move(row)};
  totals.Count(rows);
  if (!rows[0].total) return {-1, 0};
  return {rows[0].total->count.ToDouble(), rows[0].total->since};
}

TEST(LocalTotalsTest, GrowBySeriesFromTheFirstInterval) {
  LocalTotals totals(10);
  EXPECT_EQ(TotalOf(totals, Counter("a", 100, 3)), std::make_pair(3.0, IntervalIndex{100}));
  EXPECT_EQ(TotalOf(totals, Counter("b", 101, 1)), std::make_pair(1.0, IntervalIndex{101}));
  EXPECT_EQ(TotalOf(totals, Counter("a", 102, 4.5)), std::make_pair(7.5, IntervalIndex{100}));
}

TEST(LocalTotalsTest, WhatCameLateGrowsTheNext) {
  LocalTotals totals(10);
  TotalOf(totals, Counter("a", 100, 3));
  EXPECT_EQ(TotalOf(totals, Counter("a", 99, 2, true)).first, -1);
  EXPECT_EQ(TotalOf(totals, Counter("a", 101, 1)).first, 6);
  EXPECT_EQ(TotalOf(totals, Counter("a", 102, 1)).first, 7);
}

TEST(LocalTotalsTest, DistributionsCountWeightsAndSumValues) {
  DistributionAggregate distribution;
  ASSERT_TRUE(distribution.Add(10, 2));
  ASSERT_TRUE(distribution.Add(4, 1));
  Row row;
  row.key = SeriesKey{"t", {}, MetricType::kTimer};
  row.interval = 7;
  row.value = distribution;
  LocalTotals totals(10);
  std::vector<Row> rows = {row};
  totals.Count(rows);
  rows = {row};
  totals.Count(rows);
  EXPECT_EQ(rows[0].total->count.ToDouble(), 6);
  EXPECT_EQ(rows[0].total->sum.ToDouble(), 48);
}

TEST(LocalTotalsTest, AFullTableKeepsWhatItHas) {
  LocalTotals totals(1);
  EXPECT_EQ(TotalOf(totals, Counter("a", 100, 1)).first, 1);
  EXPECT_EQ(TotalOf(totals, Counter("b", 100, 1)).first, -1);
  EXPECT_EQ(TotalOf(totals, Counter("a", 101, 1)).first, 2);
  EXPECT_EQ(totals.series_count(), 1);
}

TEST(LocalTotalsTest, IdleSeriesBeginAnew) {
  LocalTotals totals(10);
  TotalOf(totals, Counter("a", 100, 5));
  TotalOf(totals, Counter("b", 100 + LocalTotals::kIdleIntervals, 1));
  EXPECT_EQ(totals.series_count(), 2);
  TotalOf(totals, Counter("b", 101 + 2 * LocalTotals::kIdleIntervals, 1));
  EXPECT_EQ(TotalOf(totals, Counter("a", 102 + 2 * LocalTotals::kIdleIntervals, 1)),
            std::make_pair(1.0, 102 + 2 * LocalTotals::kIdleIntervals));
}

}  // namespace
}  // namespace tributary
