#include "local/census/ranking.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

void AddSeries(IntervalActivity& activity, const std::string& name, std::vector<std::string> tags, uint64_t samples) {
  auto series = std::make_shared<Series>();
  series->key = {name, std::move(tags), MetricType::kCounter};
  series->key.Canonicalise();
  activity.series.push_back({std::move(series), samples});
}

Client Sent(int process, uint64_t samples) {
  Client client;
  client.peer = Peer::OfProcess(process, 0);
  client.samples = samples;
  client.bytes = 10 * samples;
  return client;
}

TEST(RankingTest, PutsTheBusiestSeriesFirst) {
  IntervalActivity activity;
  AddSeries(activity, "a", {}, 3);
  AddSeries(activity, "b", {}, 50);
  AddSeries(activity, "c", {}, 7);
  const Ranking ranking = Rank(activity);
  ASSERT_EQ(ranking.busiest.size(), 3u);
  EXPECT_EQ(ranking.busiest[0].series->key.name, "b");
  EXPECT_EQ(ranking.busiest[2].samples, 3u);
}

TEST(RankingTest, CountsValuesOfATagOnceOverAllMetrics) {
  IntervalActivity activity;
  AddSeries(activity, "a", {"user:1", "region:eu"}, 1);
  AddSeries(activity, "a", {"user:2", "region:eu"}, 1);
  AddSeries(activity, "b", {"user:2", "user:3"}, 1);  // two values in one series
  const Ranking ranking = Rank(activity);
  ASSERT_EQ(ranking.tags.size(), 2u);
  EXPECT_EQ(ranking.tags[0].key, "user");
  EXPECT_EQ(ranking.tags[0].values, 3u);
  EXPECT_EQ(ranking.tags[0].series, 3u);
  EXPECT_EQ(ranking.tags[1].values, 1u);
}

TEST(RankingTest, AddsUpWhatShardsHaveOfOneClient) {
  IntervalActivity activity;
  activity.shards = {{{Sent(1, 5), Sent(2, 7)}, {}}, {{Sent(1, 4)}, {}}};
  const Ranking ranking = Rank(activity);
  ASSERT_EQ(ranking.clients.size(), 2u);
  EXPECT_EQ(ranking.clients[0].peer.pid(), 1);
  EXPECT_EQ(ranking.clients[0].samples, 9u);
  EXPECT_EQ(ranking.clients[0].bytes, 90u);
}

TEST(RankingTest, AddsUpWhatShardsHaveFolded) {
  const Peer peer = Peer::OfProcess(1, 0);
  IntervalActivity activity;
  activity.shards = {{{}, {{"a", peer, FoldReason::kMetricLimit, 1}, {"a", peer, FoldReason::kValueLimit, 6}}},
                     {{}, {{"a", peer, FoldReason::kMetricLimit, 4}}}};
  const std::vector<Fold> folds = RankFolds(activity);
  ASSERT_EQ(folds.size(), 2u);
  EXPECT_EQ(folds[0].reason, FoldReason::kValueLimit);
  EXPECT_EQ(folds[1].samples, 5u);
}

TEST(RankingTest, KeepsNoMoreThanItSays) {
  IntervalActivity activity;
  for (uint64_t i = 0; i < 3000; ++i) AddSeries(activity, absl::StrCat("n", i), {absl::StrCat("k", i, ":v")}, i);
  const Ranking ranking = Rank(activity);
  EXPECT_EQ(ranking.busiest.size(), Ranking::kMaxRanked);
  EXPECT_EQ(ranking.busiest.back().samples, 2000u);
  EXPECT_EQ(ranking.metrics.size(), Ranking::kMaxRanked);
  EXPECT_EQ(ranking.tags.size(), Ranking::kMaxRanked);
}

TEST(RankingTest, AgreesWithPlainCountingOfRandomSeries) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  IntervalActivity activity;
  std::map<std::string, uint64_t> series_of;
  std::map<std::string, std::set<std::string>> values_of;
  std::set<std::string> seen;
  for (int i = 0; i < 5'000; ++i) {
    const std::string name = absl::StrCat("n", random() % 20);
    const std::string a = absl::StrCat("a:", random() % 40);
    const std::string b = absl::StrCat("b:", random() % 7);
    if (!seen.insert(absl::StrCat(name, a, b)).second) continue;
    AddSeries(activity, name, {a, b}, 1);
    ++series_of[name];
    values_of["a"].insert(a);
    values_of["b"].insert(b);
  }
  const Ranking ranking = Rank(activity);
  ASSERT_EQ(ranking.metrics.size(), series_of.size());
  for (const Ranking::Metric& metric : ranking.metrics) EXPECT_EQ(metric.series, series_of[metric.name]);
  for (const Ranking::Tag& tag : ranking.tags) EXPECT_EQ(tag.values, values_of[tag.key].size());
}

}  // namespace
}  // namespace tributary
