#include "local/shard/series_table.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/local/shard/shard_fixture.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;

class SeriesTableTest : public ShardFixture {
 protected:
  // What a counter of that name and tags goes to.
  std::vector<std::string> Intern(SeriesTable& table, absl::string_view name, absl::string_view tags = "") {
    std::vector<std::string> series;
    const SeriesTable::Route& route = table.Intern({MetricType::kCounter, name, tags}, client_);
    for (const SeriesId id : route.series) series.push_back(Describe(*table.entry(id).series));
    return series;
  }
  FoldReason ReasonOf(SeriesTable& table, absl::string_view name, absl::string_view tags = "") {
    return table.Intern({MetricType::kCounter, name, tags}, client_).folded;
  }
  Client client_ = Client();

  void EndIntervals(SeriesTable& table) {
    for (int i = 0; i < limits_.idle_intervals; ++i) table.EndInterval();
  }
};

TEST_F(SeriesTableTest, GivesEqualSeriesOneId) {
  SeriesTable table(environment(), 7);
  const SeriesId id = table.Intern({MetricType::kCounter, "a", "x:1,y:2"}, client_).series.at(0);
  EXPECT_EQ(table.Intern({MetricType::kCounter, "a", "y:2,x:1"}, client_).series.at(0), id);
  EXPECT_EQ(table.Intern({MetricType::kCounter, "a", "x:1,y:2"}, client_).series.at(0), id);
  EXPECT_NE(table.Intern({MetricType::kTimer, "a", "x:1,y:2"}, client_).series.at(0), id);
  EXPECT_NE(table.Intern({MetricType::kCounter, "ax", ":1,y:2"}, client_).series.at(0),
            id);  // the same bytes, cut elsewhere
  EXPECT_EQ(table.series_count(), 3u);
}

TEST_F(SeriesTableTest, HashesAsTheClusterDoes) {
  SeriesTable table(environment(), 7);
  const SeriesId id = table.Intern({MetricType::kCounter, "a", "y:2,x:1"}, client_).series.at(0);
  EXPECT_EQ(table.entry(id).series->hash, HashOf({"a", {"x:1", "y:2"}, MetricType::kCounter}, 1));
}

TEST_F(SeriesTableTest, DithersByHostAndSeries) {
  SeriesTable table(environment(), 7);
  const uint64_t a = table.entry(table.Intern({MetricType::kTimer, "a", ""}, client_).series.at(0)).series->dither_seed;
  const uint64_t b = table.entry(table.Intern({MetricType::kTimer, "b", ""}, client_).series.at(0)).series->dither_seed;
  const std::string other_host = "web-2";
  SeriesTable other({environment().policy, other_host, 1, *limiter_, &levels_}, 7);
  const uint64_t c = other.entry(other.Intern({MetricType::kTimer, "a", ""}, client_).series.at(0)).series->dither_seed;
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
}

TEST_F(SeriesTableTest, FoldsWhatIsBeyondTheSeriesLimit) {
  Limit({.max_series = 20});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 20; ++i) Intern(table, "a", absl::StrCat("user:", i));
  EXPECT_THAT(Intern(table, "a", "user:20"), ElementsAre("global a #__other__"));
  EXPECT_EQ(ReasonOf(table, "a", "user:21"), FoldReason::kSeriesLimit);
  EXPECT_THAT(Intern(table, "a", "user:3"), ElementsAre("global a #user:3"));  // known ones stay
}

TEST_F(SeriesTableTest, FoldsWhatIsBeyondTheLimitOfAMetric) {
  Limit({.max_series = 20, .max_series_per_metric = 2});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 5; ++i) Intern(table, "a", absl::StrCat("user:", i));
  EXPECT_EQ(ReasonOf(table, "a", "user:9"), FoldReason::kMetricLimit);
  EXPECT_THAT(Intern(table, "b", "user:9"), ElementsAre("global b #user:9"));
}

TEST_F(SeriesTableTest, FoldsSeriesWithTooManyOrTooLongTags) {
  Limit({.max_tags = 2, .max_tag_bytes = 8});
  SeriesTable table(environment(), 7);
  EXPECT_THAT(Intern(table, "a", "x,y"), ElementsAre("global a #x,y"));
  EXPECT_THAT(Intern(table, "a", "x,y,z"), ElementsAre("global a #__other__"));
  EXPECT_THAT(Intern(table, "a", "12345678"), ElementsAre("global a #12345678"));
  EXPECT_EQ(ReasonOf(table, "a", "123456789"), FoldReason::kTagLimit);
}

TEST_F(SeriesTableTest, KeepsTheHostOfWhatIsFolded) {
  Limit({.max_series = 0});
  SeriesTable table(environment(), 7);
  const SeriesTable::Route& route = table.Intern({MetricType::kGauge, "g", "x:1"}, client_);
  // No room even for one series per name: the last resort keeps type, scope and host.
  EXPECT_EQ(Describe(*table.entry(route.series.at(0)).series), "host __other__ #__other__,host:web-1");
}

TEST_F(SeriesTableTest, IsBoundedWhateverNamesArrive) {
  Limit({.max_series = 100});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 10'000; ++i) Intern(table, absl::StrCat("name", i), absl::StrCat("t:", i));
  EXPECT_EQ(table.series_count(), 100u + 10u + 1u);
  EXPECT_LE(table.route_count(), 200u);
  EXPECT_THAT(Intern(table, "name9999", "t:1"), ElementsAre("global __other__ #__other__"));
}

TEST_F(SeriesTableTest, IsBoundedInBytes) {
  Limit({.max_series = 100, .max_key_bytes = 1000});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 50; ++i) Intern(table, "a", absl::StrCat("tag:", std::string(94, 'x'), i));
  EXPECT_LE(table.series_count(), 11u);  // ten of 100 bytes, and the one that takes the rest
}

TEST_F(SeriesTableTest, CountsASeriesOfSeveralTablesOnce) {
  Limit({.max_series = 2});
  SeriesTable one(environment(), 7);
  SeriesTable other(environment(), 8);
  Intern(one, "a");
  Intern(other, "a");
  Intern(other, "b");
  EXPECT_EQ(limiter_->series_count(), 2u);
  EXPECT_EQ(ReasonOf(one, "c"), FoldReason::kSeriesLimit);
  EXPECT_EQ(ReasonOf(one, "b"), FoldReason::kNone);
}

TEST_F(SeriesTableTest, ForgetsWhatIsIdleAndGivesRoomBack) {
  Limit({.max_series = 10});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 10; ++i) Intern(table, "a", absl::StrCat("user:", i));
  EXPECT_EQ(ReasonOf(table, "a", "new"), FoldReason::kSeriesLimit);
  EndIntervals(table);
  EXPECT_EQ(table.series_count(), 11u);  // all were used since the start
  Intern(table, "a", "user:0");
  EndIntervals(table);
  EXPECT_EQ(table.series_count(), 1u);
  EXPECT_EQ(limiter_->series_count(), 1u);
  EXPECT_THAT(Intern(table, "a", "new"), ElementsAre("global a #new"));
}

TEST_F(SeriesTableTest, DecidesAgainOnWhatIsFolded) {
  Limit({.max_series = 10});
  SeriesTable table(environment(), 7);
  for (int i = 0; i < 10; ++i) Intern(table, "a", absl::StrCat("user:", i));
  EndIntervals(table);
  Intern(table, "a", "new");  // in use all the time, and folded as long as there is no room
  EndIntervals(table);
  EXPECT_THAT(Intern(table, "a", "new"), ElementsAre("global a #new"));
}

TEST_F(SeriesTableTest, DecidesAgainUnderAnotherPolicyAndForgetsWhatThatLeavesIdle) {
  SeriesTable table(environment(), 7);
  EXPECT_THAT(Intern(table, "a", "user:1"), ElementsAre("global a #user:1"));
  RuleSpec rename;
  rename.rename = "b";
  table.Adopt(std::make_shared<const Policy>(Policy{.rules = *RuleSet::Build({rename})}));
  EXPECT_THAT(Intern(table, "a", "user:1"), ElementsAre("global b #user:1"));
  EXPECT_EQ(table.series_count(), 2u);
  EndIntervals(table);
  Intern(table, "a", "user:1");
  EndIntervals(table);
  EXPECT_EQ(table.series_count(), 1u);
}

TEST_F(SeriesTableTest, KeepsASeriesWhoseOtherSpellingIsInUse) {
  SeriesTable table(environment(), 7);
  const SeriesId id = table.Intern({MetricType::kCounter, "a", "x,y"}, client_).series.at(0);
  table.Intern({MetricType::kCounter, "a", "y,x"}, client_);
  EndIntervals(table);
  table.Intern({MetricType::kCounter, "a", "y,x"}, client_);
  EndIntervals(table);
  EXPECT_EQ(table.route_count(), 1u);
  EXPECT_EQ(table.Intern({MetricType::kCounter, "a", "x,y"}, client_).series.at(0), id);
}

TEST_F(SeriesTableTest, AgreesWithAPlainMapUnderRandomUse) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  Limit({.idle_intervals = 3});
  SeriesTable table(environment(), 7);
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 100 == 0) table.EndInterval();
    const std::string name = absl::StrCat("n", random() % 7);
    const int a = random() % 5;
    const int b = random() % 5;
    const std::string tags = random() % 2 == 0 ? absl::StrCat("a:", a, ",b:", b) : absl::StrCat("b:", b, ",a:", a);
    ASSERT_THAT(Intern(table, name, tags), ElementsAre(absl::StrCat("global ", name, " #a:", a, ",b:", b)));
  }
  EXPECT_LE(table.series_count(), 175u);
  EXPECT_EQ(table.series_count(), limiter_->series_count());
}

}  // namespace
}  // namespace tributary
