#include "cli/query_table.h"

#include <string>

#include "gtest/gtest.h"

namespace tributary {
namespace {

// Two regions, two percentiles, three moments; eu's p99 lacks one.
QueryAnswer Range() {
  QueryAnswer answer;
  answer.is_range = true;
  answer.series = {{.labels = {{"quantile", "0.5"}, {"region", "eu"}},
                    .points = {{.unix_seconds = 100, .value = "1"},
                               {.unix_seconds = 110, .value = "2"},
                               {.unix_seconds = 120.5, .value = "3"}}},
                   {.labels = {{"quantile", "0.99"}, {"region", "eu"}},
                    .points = {{.unix_seconds = 100, .value = "10"}, {.unix_seconds = 120.5, .value = "NaN"}}}};
  return answer;
}

TEST(QueryTableTest, RangesHaveARowPerSeriesWithATrend) {
  EXPECT_EQ(AlignedText(RangeTableOf(Range(), 10), false),
            "REGION  PERCENTILE  LAST  MIN  MAX  TREND\n"
            "eu      p50            3    1    3  ▁▅█\n"
            "eu      p99           10   10   10  ▁\n");
}

TEST(QueryTableTest, CsvOfARangeHasARowPerGroupAndTime) {
  EXPECT_EQ(CsvText(RowsOf(Range())),
            "time,region,p50,p99\r\n"
            "1970-01-01T00:01:40Z,eu,1,10\r\n"
            "1970-01-01T00:01:50Z,eu,2,\r\n"
            "1970-01-01T00:02:00.5Z,eu,3,NaN\r\n");
}

TEST(QueryTableTest, ALabelMayBeCalledTime) {
  QueryAnswer answer;
  answer.is_range = true;
  answer.series = {{.labels = {{"time", "noon"}}, .points = {{.unix_seconds = 60, .value = "1"}}}};
  EXPECT_EQ(CsvText(RowsOf(answer)), "time,time,value\r\n1970-01-01T00:01:00Z,noon,1\r\n");
}

TEST(QueryTableTest, DistributionsAreTheirCountAndSum) {
  QueryAnswer answer;
  answer.series = {{.labels = {{"region", "eu"}},
                    .points = {{.distribution = QueryAnswer::Distribution{.count = "4", .sum = "10.5"}}}},
                   {.labels = {{"region", "us"}}, .points = {{.value = "7"}}}};
  EXPECT_EQ(AlignedText(TableOf(answer), false),
            "REGION  COUNT   SUM  VALUE\n"
            "eu          4  10.5      -\n"
            "us          -     -      7\n");
}

TEST(QueryTableTest, WhatWasAskedAgainHasATrendOfItsHistory) {
  QueryAnswer answer;
  answer.series = {{.labels = {{"quantile", "0.99"}, {"region", "eu"}}, .points = {{.value = "9"}}},
                   {.labels = {{"quantile", "0.99"}, {"region", "us"}}, .points = {{.value = "4"}}}};
  const SeriesHistory history = {{{{"quantile", "0.99"}, {"region", "eu"}}, {1, 5, 9}}};
  EXPECT_EQ(AlignedText(TableOf(answer, history, 10), false),
            "REGION  PERCENTILE  VALUE  TREND\n"
            "eu      p99             9  ▁▅█\n"
            "us      p99             4  -\n");
}

}  // namespace
}  // namespace tributary
