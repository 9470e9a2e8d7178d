#include "cli/query_question.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'780'000'007);

Question Must(const QuestionWords& words) {
  const auto question = QuestionOf(words, kNow);
  EXPECT_TRUE(question.ok()) << question.status();
  return question.ok() ? *question : Question();
}

TEST(QuestionTest, PercentilesAreOfTheLastFiveMinutesNow) {
  const Question question = Must({.question = {"p99", "m"}});
  EXPECT_EQ(question.Path(), "/api/v1/query");
  EXPECT_EQ(question.Form(absl::Seconds(30)), "query=quantile%28%5B0.99%5D%2C%20m%5B5m%5D%29&timeout=30");
}

TEST(QuestionTest, WithAStepEachPercentileIsOfOneStepAndTheyCoverTheRange) {
  const Question question = Must({.question = {"p99", "m"}, .range = {.last = "5m", .step = "1m"}});
  EXPECT_EQ(question.expression, "quantile([0.99], m[1m])");
  // (20:21:00, 20:26:00] in five windows: the first ends at 20:22:00.
  EXPECT_EQ(question.Path(), "/api/v1/query_range");
  EXPECT_THAT(question.Form(absl::Seconds(1)), HasSubstr("&start=1779999720&end=1779999960&step=60"));
}

TEST(QuestionTest, AWindowOfItsOwnRolls) {
  const Question question = Must(
      {.question = {"p99", "m"}, .window = "10m", .range = {.start = "1780000000", .end = "1780000060", .step = "30"}});
  EXPECT_EQ(question.expression, "quantile([0.99], m[10m])");
  EXPECT_THAT(question.Form(absl::Seconds(1)), HasSubstr("&start=1780000000&end=1780000060&step=30"));
}

TEST(QuestionTest, WithAStepAloneTheLastHourIsAsked) {
  const Question question = Must({.question = {"p99", "m"}, .range = {.step = "10m"}});
  EXPECT_THAT(question.Form(absl::Seconds(1)), HasSubstr("&start=1779996600&end=1779999600&step=600"));
}

TEST(QuestionTest, AnExpressionIsAskedOverTheLast) {
  const Question question = Must({.question = {"up"}, .range = {.last = "1h"}});
  EXPECT_EQ(question.expression, "up");
  EXPECT_THAT(question.Form(absl::Seconds(1)), HasSubstr("&start=1779996360&end=1779999960&step=60"));
}

TEST(QuestionTest, AMomentAgoIsReckonedHere) {
  EXPECT_EQ(Must({.question = {"1"}, .at = "-1h"}).Form(absl::Seconds(1)), "query=1&timeout=1&time=1779996407");
  EXPECT_EQ(Must({.question = {"1"}, .at = "2026-01-15T09:00:00Z"}).Form(absl::Seconds(1)),
            "query=1&timeout=1&time=2026-01-15T09%3A00%3A00Z");
}

TEST(QuestionTest, RefusesWordsThatDoNotGoTogether) {
  const std::pair<QuestionWords, const char*> table[] = {
      {{}, "give percentiles and a metric"},
      {{.question = {"p50,p99"}}, "give percentiles and a metric"},
      {{.question = {"p99", "m", "x"}}, "give percentiles and a metric"},
      {{.question = {"up"}, .by = {"a"}}, "--by goes with percentiles"},
      {{.question = {"up"}, .where = {"a=b"}}, "--where goes with percentiles"},
      {{.question = {"up"}, .window = "5m"}, "--window goes with percentiles"},
      {{.question = {"p99", "m"}, .window = "5m"}, "--window goes with a range"},
      {{.question = {"up"}, .range = {.last = "1h"}, .at = "now"}, "--at asks at one moment"},
      {{.question = {"up"}, .range = {.end = "now"}}, "--end goes with --start or --last"},
      {{.question = {"up"}, .at = "tomorrow"}, "--at takes RFC 3339"},
  };
  for (const auto& [words, message] : table) {
    const auto question = QuestionOf(words, kNow);
    EXPECT_TRUE(absl::IsInvalidArgument(question.status())) << message;
    EXPECT_THAT(std::string(question.status().message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace tributary
