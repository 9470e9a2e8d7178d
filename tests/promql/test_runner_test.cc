// The runner itself: what is wrong it must call wrong.
#include "tests/promql/test_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/promql/series_text.h"

namespace tributary::promql {
namespace {

using testing::HasSubstr;

constexpr absl::string_view kLoad = "load 1m\n  m{l=\"x\"} 0+1x10\n  m{l=\"y\"} 5x10\n";

// "" when all evaluations below the load are as expected, else what failed.
std::string Failures(absl::string_view evaluations) {
  TestRunner runner;
  runner.Run("f", absl::StrCat(kLoad, evaluations));
  EXPECT_GT(runner.passed() + runner.failed(), 0);
  return absl::StrJoin(runner.failures(), "\n");
}

TEST(TestRunnerTest, WhatIsAsExpectedPasses) {
  EXPECT_EQ(Failures("eval instant at 5m m{l=\"x\"}\n  m{l=\"x\"} 5\n"), "");
  EXPECT_EQ(Failures("eval instant at 5m 1 + 1\n  2\n"), "");
  EXPECT_EQ(Failures("eval instant at 5m sum(m)\n  {} 10\n"), "");
  EXPECT_EQ(Failures("eval range from 1m to 3m step 1m m{l=\"x\"}\n  m{l=\"x\"} 1+1x2\n"), "");
  EXPECT_EQ(Failures("eval_ordered instant at 9m sort(m)\n  m{l=\"y\"} 5\n  m{l=\"x\"} 9\n"), "");
  EXPECT_EQ(Failures("eval instant at 9m \"s\"\n  expect string \"s\"\n"), "");
  EXPECT_EQ(Failures("eval_fail instant at 9m m +\n"), "");
  EXPECT_EQ(Failures("eval instant at 9m m +\n  expect fail regex:parse error\n"), "");
  EXPECT_EQ(Failures("eval_warn instant at 9m quantile_over_time(2, m{l=\"x\"}[5m])\n  {l=\"x\"} Inf\n"), "");
}

TEST(TestRunnerTest, EveryKindOfDifferenceFails) {
  EXPECT_THAT(Failures("eval instant at 5m m{l=\"x\"}\n  m{l=\"x\"} 6\n"), HasSubstr("is 5, not 6"));
  EXPECT_THAT(Failures("eval instant at 5m m{l=\"x\"}\n  m{l=\"z\"} 5\n"), HasSubstr("no m{l=\"z\"}"));
  EXPECT_THAT(Failures("eval instant at 5m m{l=\"x\"}\n"), HasSubstr("unexpected m{l=\"x\"}"));
  EXPECT_THAT(Failures("eval instant at 5m m{l=\"x\"}\n  {l=\"x\"} 5\n"), HasSubstr("no {l=\"x\"}"));
  EXPECT_THAT(Failures("eval instant at 5m 1\n  2\n"), HasSubstr("is 1"));
  EXPECT_THAT(Failures("eval instant at 5m vector(1)\n  1\n"), HasSubstr("not a scalar"));
  EXPECT_THAT(Failures("eval instant at 5m 1\n  {} 1\n"), HasSubstr("not a vector"));
  EXPECT_THAT(Failures("eval instant at 5m \"s\"\n  expect string \"t\"\n"), HasSubstr("is \"s\""));
  EXPECT_THAT(Failures("eval_ordered instant at 9m sort(m)\n  m{l=\"x\"} 9\n  m{l=\"y\"} 5\n"),
              HasSubstr("not number 1"));
  EXPECT_THAT(Failures("eval range from 1m to 3m step 1m m{l=\"x\"}\n  m{l=\"x\"} 1 2\n"), HasSubstr("not nothing"));
  EXPECT_THAT(Failures("eval range from 1m to 2m step 1m m{l=\"x\"}\n  m{l=\"x\"} 1 {{}}\n"), HasSubstr("not {{"));
}

TEST(TestRunnerTest, RefusalsAndNotesAreCheckedBothWays) {
  EXPECT_THAT(Failures("eval_fail instant at 5m m\n"), HasSubstr("not refused"));
  EXPECT_THAT(Failures("eval instant at 5m m +\n"), HasSubstr("parse error"));
  EXPECT_THAT(Failures("eval_fail instant at 5m m +\n  expected_fail_message other\n"), HasSubstr("other words"));
  EXPECT_THAT(Failures("eval instant at 5m 1\n  expect warn\n  1\n"), HasSubstr("not the expected warning"));
  EXPECT_THAT(Failures("eval_info instant at 5m 1\n  1\n"), HasSubstr("not the expected info"));
  EXPECT_THAT(Failures("eval instant at 9m rate(m[5m])\n  expect no_info\n"), HasSubstr("unexpected info"));
}

TEST(TestRunnerTest, ClearTakesTheSeriesAway) { EXPECT_EQ(Failures("clear\neval instant at 5m m\n"), ""); }

TEST(TestRunnerTest, AFileBeginsWithoutTheSeriesOfTheOneBefore) {
  TestRunner runner;
  runner.Run("a", kLoad);
  runner.Run("b", "eval instant at 5m m\n");
  EXPECT_EQ(runner.passed(), 1);
}

TEST(TestRunnerTest, WhatIsNoTestFileFailsAtItsLine) {
  for (absl::string_view text :
       {"nonsense\n", "load\n", "load x\n", "  m 1\n", "load 1m\n  m{ 1\n", "load 1m\n  m x\n",
        "load 1m\n  m 1x9999999\n", "load 1m\n  m 1x-1\n", "eval at 5m m\n", "eval instant at x m\n",
        "eval instant at 5m\n", "eval range from 5m to 1m step 1m m\n", "eval range from 0 to 1m step 0s m\n",
        "eval range from 0 to 100d step 1s m\n", "eval instant at 1m m\n  expect nothing\n",
        "eval instant at 1m m\n  m 1 2\n", "clear\n  m 1\n", "load 1m\n  m {{schema:99}}\n",
        "load 1m\n  m {{count:1 buckets:[1]}}+1x3\n"}) {
    TestRunner runner;
    runner.Run("f", text);
    EXPECT_EQ(runner.failed(), 1) << text;
    EXPECT_THAT(absl::StrJoin(runner.failures(), ""), HasSubstr("line ")) << text;
  }
}

TEST(SeriesTextTest, WordsStandForValues) {
  const auto values = ParseValues("1 2x2 0-1x2 _ _x2 1e-1+1x1 -Inf");
  ASSERT_TRUE(values.ok());
  std::vector<std::string> texts;
  for (const auto& point : *values) texts.push_back(point ? FormatValue(point->value) : "_");
  EXPECT_EQ(absl::StrJoin(texts, " "), "1 2 2 2 0 -1 -2 _ _ _ 0.1 1.1 -Inf");
}

TEST(SeriesTextTest, HistogramsRepeatAndGrow) {
  const auto values = ParseValues("{{count:1 sum:2 buckets:[1]}}+{{count:1 sum:1 buckets:[1]}}x2 {{}}x1 stale");
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(values->size(), 6u);
  EXPECT_EQ((*values)[2]->distribution->ToString(), "{{schema:0 count:3 sum:4 buckets:[3]}}");
  EXPECT_TRUE(IsStale((*values)[5]->value));
}

}  // namespace
}  // namespace tributary::promql
