#include "common/traffic/synthetic.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Kind = Measurement::Kind;

std::string Key(const Measurement& m) { return absl::StrCat(m.name, "|", static_cast<int>(m.kind), "|", m.tags); }

std::set<std::string> Keys(const SyntheticSeries& series, uint64_t samples) {
  std::set<std::string> keys;
  for (uint64_t n = 0; n < samples; ++n) keys.insert(Key(series.Sample(n)));
  return keys;
}

TEST(SyntheticSeriesTest, HasAsManySeriesAsAskedFor) {
  for (const int tags : {0, 1, 3}) {
    for (const uint64_t keys : {1u, 999u, 5000u}) {
      const SyntheticSeries series({.keys = keys, .tags = tags});
      EXPECT_EQ(Keys(series, keys).size(), keys);
      EXPECT_EQ(Keys(series, 3 * keys).size(), keys) << "the same ones come again";
    }
  }
}

TEST(SyntheticSeriesTest, SamplesOfARunAreOfOneSeries) {
  const SyntheticSeries series({.keys = 10, .run_length = 5});
  for (uint64_t n = 0; n < 50; n += 5) {
    EXPECT_EQ(Key(series.Sample(n)), Key(series.Sample(n + 4)));
    EXPECT_NE(Key(series.Sample(n)), Key(series.Sample(n + 5)));
  }
}

TEST(SyntheticSeriesTest, TypesTakeTurns) {
  const SyntheticSeries series({.keys = 6, .types = {Kind::kGauge, Kind::kSet}});
  EXPECT_EQ(series.Sample(0).kind, Kind::kGauge);
  EXPECT_EQ(series.Sample(1).kind, Kind::kSet);
  EXPECT_EQ(series.Sample(2).kind, Kind::kGauge);
}

TEST(SyntheticSeriesTest, TextReadsAsItsValue) {
  const SyntheticSeries series({.types = {Kind::kCounter, Kind::kGauge, Kind::kTimer}});
  for (uint64_t n = 0; n < 300; ++n) {
    const Measurement m = series.Sample(n);
    double value = 0;
    ASSERT_TRUE(absl::SimpleAtod(m.text, &value)) << m.text;
    EXPECT_DOUBLE_EQ(value, m.value);
  }
}

// The median of a log-normal distribution is exp of its location; of 20,001 samples it is within 2 %, 8 sigma.
TEST(SyntheticSeriesTest, TimersAreSpreadAroundTheirMedian) {
  const SyntheticSeries series({.keys = 7, .types = {Kind::kTimer}});
  std::vector<double> values;
  for (uint64_t n = 0; n < 20'001; ++n) values.push_back(series.Sample(n).value);
  std::sort(values.begin(), values.end());
  EXPECT_NEAR(values[10'000], 40, 0.8);
  EXPECT_NEAR(values[16'827], 40 * std::exp(0.5), 2) << "one sigma above";
}

TEST(SyntheticSeriesTest, SetsHaveAsManyMembersAsAskedFor) {
  const SyntheticSeries series({.types = {Kind::kSet}, .set_members = 20});
  std::set<std::string> members;
  for (uint64_t n = 0; n < 2000; ++n) members.insert(series.Sample(n).text);
  EXPECT_EQ(members.size(), 20u);
}

TEST(SyntheticSeriesTest, TagsAndTheirValuesAreAsManyAsAskedFor) {
  const SyntheticSeries series({.keys = 1000, .tags = 4, .tag_values = 3});
  std::set<std::string> last;
  for (uint64_t n = 0; n < 1000; ++n) {
    const std::vector<std::string> tags = absl::StrSplit(series.Sample(n).tags, ',');
    ASSERT_EQ(tags.size(), 4u);
    last.insert(tags[3]);
  }
  EXPECT_EQ(last.size(), 3u);
}

TEST(SyntheticSeriesTest, SeedDecidesTheValues) {
  const SyntheticSeries a({.types = {Kind::kTimer}}), again({.types = {Kind::kTimer}});
  const SyntheticSeries other({.seed = 2, .types = {Kind::kTimer}});
  EXPECT_EQ(a.Sample(5).text, again.Sample(5).text);
  EXPECT_NE(a.Sample(5).text, other.Sample(5).text);
}

}  // namespace
}  // namespace tributary
