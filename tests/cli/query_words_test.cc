#include "cli/query_words.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

TEST(QuantileOfPercentileTest, MovesThePointExactly) {
  const std::pair<std::string, std::string> table[] = {
      {"p0", "0"},        {"p1", "0.01"},       {"p50", "0.5"},   {"p90", "0.9"},    {"p99", "0.99"},
      {"p99.9", "0.999"}, {"P99.99", "0.9999"}, {"p100", "1"},    {"p7.5", "0.075"}, {"p0.1", "0.001"},
      {"p099", "0.99"},   {"p99.0", "0.99"},    {"p99.", "0.99"}, {"p100.0", "1"},
  };
  for (const auto& [percentile, quantile] : table) {
    const auto made = QuantileOfPercentile(percentile);
    ASSERT_TRUE(made.ok()) << percentile << made.status();
    EXPECT_EQ(*made, quantile) << percentile;
  }
}

TEST(QuantileOfPercentileTest, RefusesWhatIsNone) {
  for (const char* text : {"", "p", "99", "p999", "p101", "p100.1", "p200", "p-1", "p9x", "p.5", "p1e1", "p1.2.3"}) {
    EXPECT_FALSE(QuantileOfPercentile(text).ok()) << text;
  }
  EXPECT_THAT(std::string(QuantileOfPercentile("p999").status().message()), HasSubstr("p99.9; found 'p999'"));
}

QueryWords Words(std::string percentiles, std::string metric) {
  QueryWords words;
  words.percentiles = std::move(percentiles);
  words.metric = std::move(metric);
  return words;
}

TEST(BuildExpressionTest, AsksForOnePercentileOfTheFleet) {
  EXPECT_EQ(*BuildExpression(Words("p99", "api.latency")), "quantile([0.99], api.latency[5m])");
}

TEST(BuildExpressionTest, TakesEveryWord) {
  QueryWords words = Words("p50, p99.9", "api.latency");
  words.window = "1h30m";
  words.by = {"region,host", "zone"};
  words.where = {"service=api", "region!=eu", "host=~web-.*", "az!~[ab]", "note=a=b"};
  EXPECT_EQ(*BuildExpression(words),
            "quantile([0.5, 0.999], api.latency{service=\"api\", region!=\"eu\", host=~\"web-.*\", az!~\"[ab]\", "
            "note=\"a=b\"}[1h30m]) by (region, host, zone)");
}

TEST(BuildExpressionTest, QuotesWhatTheLanguageDoesNotTakeBare) {
  QueryWords words = Words("p50", "api-latency \"ms\"");
  words.without = {"data-center"};
  words.where = {"data-center=a\"b\\c"};
  EXPECT_EQ(
      *BuildExpression(words),
      "quantile([0.5], {\"api-latency \\\"ms\\\"\", \"data-center\"=\"a\\\"b\\\\c\"}[5m]) without (\"data-center\")");
}

TEST(BuildExpressionTest, QuotesLabelsWithDotsButNotNames) {
  QueryWords words = Words("p50", "api.latency");
  words.by = {"data.center"};
  EXPECT_EQ(*BuildExpression(words), "quantile([0.5], api.latency[5m]) by (\"data.center\")");
}

TEST(BuildExpressionTest, LeavesASelectorInBracesAsItIs) {
  QueryWords words = Words("p50", "m{a=\"b\"}");
  EXPECT_EQ(*BuildExpression(words), "quantile([0.5], m{a=\"b\"}[5m])");
  words.where = {"c=d"};
  EXPECT_THAT(std::string(BuildExpression(words).status().message()), HasSubstr("not both"));
}

TEST(BuildExpressionTest, RefusesByTogetherWithWithout) {
  QueryWords words = Words("p50", "m");
  words.by = {"a"};
  words.without = {"b"};
  EXPECT_THAT(std::string(BuildExpression(words).status().message()), HasSubstr("--by or --without"));
}

TEST(BuildExpressionTest, RefusesWhatIsNoMatcher) {
  for (const char* where : {"region", "=eu", "!=eu", "region!eu", ""}) {
    QueryWords words = Words("p50", "m");
    words.where = {where};
    EXPECT_THAT(std::string(BuildExpression(words).status().message()), HasSubstr("--where takes label=value"))
        << where;
  }
}

}  // namespace
}  // namespace tributary
