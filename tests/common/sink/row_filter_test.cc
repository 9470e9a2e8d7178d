#include "common/sink/row_filter.h"

#include <string>

#include "gtest/gtest.h"

namespace tributary {
namespace {

SeriesKey Key(std::string name, std::vector<std::string> tags = {}) {
  return {std::move(name), std::move(tags), MetricType::kCounter};
}

TEST(RowFilterTest, EmptyTakesEverything) { EXPECT_TRUE(RowFilter().Matches(Key("x", {"a:1"}))); }

TEST(RowFilterTest, TakesNamesThatMatchOneGlob) {
  const RowFilter filter{.names = {"api.*", "db.1"}, .exclude_names = {}, .tags = {}, .exclude_tags = {}};
  EXPECT_TRUE(filter.Matches(Key("api.latency")));
  EXPECT_TRUE(filter.Matches(Key("api.")));
  EXPECT_TRUE(filter.Matches(Key("db.1")));
  EXPECT_FALSE(filter.Matches(Key("db.12")));
  EXPECT_FALSE(filter.Matches(Key("my.api.latency")));
}

TEST(RowFilterTest, ExclusionWins) {
  const RowFilter filter{.names = {"api.*"}, .exclude_names = {"*.debug"}, .tags = {}, .exclude_tags = {}};
  EXPECT_TRUE(filter.Matches(Key("api.x")));
  EXPECT_FALSE(filter.Matches(Key("api.debug")));
}

TEST(RowFilterTest, EveryTagPatternNeedsATag) {
  const RowFilter filter{.names = {}, .exclude_names = {}, .tags = {"env:prod", "region:eu-*"}, .exclude_tags = {}};
  EXPECT_TRUE(filter.Matches(Key("x", {"env:prod", "region:eu-west"})));
  EXPECT_FALSE(filter.Matches(Key("x", {"env:prod"})));
  EXPECT_FALSE(filter.Matches(Key("x", {"env:production", "region:eu-west"})));
}

TEST(RowFilterTest, OneExcludedTagIsEnough) {
  const RowFilter filter{.names = {}, .exclude_names = {}, .tags = {}, .exclude_tags = {"canary", "env:dev*"}};
  EXPECT_TRUE(filter.Matches(Key("x", {"env:prod"})));
  EXPECT_FALSE(filter.Matches(Key("x", {"canary", "env:prod"})));
  EXPECT_FALSE(filter.Matches(Key("x", {"env:dev2"})));
}

TEST(RowFilterTest, GlobsAreNoRegularExpressions) {
  const RowFilter filter{.names = {"a.[b]+(c)\\"}, .exclude_names = {}, .tags = {}, .exclude_tags = {}};
  EXPECT_TRUE(filter.Matches(Key("a.[b]+(c)\\")));
  EXPECT_FALSE(filter.Matches(Key("a.bc")));
}

}  // namespace
}  // namespace tributary
