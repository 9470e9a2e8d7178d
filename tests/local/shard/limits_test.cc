#include <gmock/gmock.h>

#include <map>
#include <random>

#include "absl/hash/hash.h"
#include "tests/local/shard/shard_fixture.h"

namespace tributary {
namespace {

// Series of a flood; fewer under sanitizers, which cost ten times as much.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kFlood = 1'000'000;
#else
constexpr int kFlood = 10'000'000;
#endif
#else
constexpr int kFlood = 10'000'000;
#endif

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const Peer kClient = Peer::OfProcess(1, 0);
const Peer kOtherClient = Peer::OfProcess(2, 0);

// What limits leave of what was sent: always all of it, in fewer series.
class LimitsTest : public ShardFixture {
 protected:
  void Count(Shard& shard, absl::string_view name, absl::string_view tags, double value = 1) {
    Add(shard, MetricType::kCounter, name, tags, {value});
  }
  ShardWindows Next(Shard& shard) { return Take(shard, ++interval_); }
  static std::map<std::string, double> Totals(const Window& window) {
    std::map<std::string, double> totals;
    for (const Window::Entry& entry : window.entries) {
      totals[Describe(*entry.series)] += std::get<CounterAggregate>(entry.value).total.ToDouble();
    }
    return totals;
  }
  IntervalIndex interval_ = kFirstInterval;
};

TEST_F(LimitsTest, FoldsTheValueOfOneTagAndKeepsTheOthers) {
  Limit({.max_values_per_tag = 2});
  auto shard = NewShard();
  for (int i = 0; i < 5; ++i)
    Count(*shard, "hits", absl::StrCat("user:", i, ",region:", i % 2 == 0 ? "eu" : "us"), 1 << i);
  EXPECT_EQ(Totals(Next(*shard).main), (std::map<std::string, double>{{"global hits #region:eu,user:0", 1},
                                                                      {"global hits #region:us,user:1", 2},
                                                                      {"global hits #region:eu,user:__other__", 4 + 16},
                                                                      {"global hits #region:us,user:__other__", 8}}));
  EXPECT_EQ(Folded(FoldReason::kValueLimit), 3u);
}

TEST_F(LimitsTest, FoldsAllTagsOfAKeyThatLeavesNoRoomForTheWord) {
  Limit({.max_values_per_tag = 1, .max_tag_bytes = 16});
  auto shard = NewShard();
  Count(*shard, "hits", "a-long-tag:1");
  Count(*shard, "hits", "a-long-tag:2");
  EXPECT_THAT(Names(Next(*shard).main), ElementsAre("global hits #a-long-tag:1", "global hits #__other__"));
}

TEST_F(LimitsTest, KeepsValuesOfAnotherShardAndCountsThemOnce) {
  Limit({.max_values_per_tag = 1});
  auto one = NewShard();
  auto other = NewShard();
  Count(*one, "hits", "user:1");
  Count(*other, "hits", "user:1");
  Count(*other, "hits", "user:2");
  EXPECT_THAT(Names(Take(*other).main), ElementsAre("global hits #user:1", "global hits #user:__other__"));
}

TEST_F(LimitsTest, GivesValuesBackWhenTheirSeriesAreForgotten) {
  Limit({.max_values_per_tag = 1, .idle_intervals = 2});
  auto shard = NewShard();
  Count(*shard, "hits", "pod:old");
  for (int i = 0; i < 4; ++i) {
    Count(*shard, "hits", "pod:new");
    Next(*shard);
  }
  Count(*shard, "hits", "pod:new");
  EXPECT_THAT(Names(Next(*shard).main), ElementsAre("global hits #pod:new"));
}

TEST_F(LimitsTest, KeepsOneClientFromTakingTheRoomOfAll) {
  Limit({.max_series_per_client = 2});
  auto shard = NewShard();
  shard->FindClient(kClient);
  for (int i = 0; i < 4; ++i) Count(*shard, "a", absl::StrCat("x:", i));
  shard->FindClient(kOtherClient);
  Count(*shard, "b", "x:1");
  EXPECT_THAT(Names(Next(*shard).main),
              UnorderedElementsAre("global a #x:0", "global a #x:1", "global a #__other__", "global b #x:1"));
  EXPECT_EQ(Folded(FoldReason::kClientLimit), 2u);
}

TEST_F(LimitsTest, DoesNotHoldOneClientsLimitAgainstAnother) {
  Limit({.max_series_per_client = 1});
  auto shard = NewShard();
  shard->FindClient(kClient);
  Count(*shard, "a", "");
  Count(*shard, "b", "x:1", 1);
  shard->FindClient(kOtherClient);
  Count(*shard, "b", "x:1", 2);
  shard->FindClient(kClient);
  Count(*shard, "b", "x:1", 4);  // known by now
  EXPECT_EQ(Totals(Next(*shard).main),
            (std::map<std::string, double>{{"global a #", 1}, {"global b #__other__", 1}, {"global b #x:1", 6}}));
}

TEST_F(LimitsTest, LetsNewSeriesInAtARateAndDecidesAgainInTheNextInterval) {
  Limit({.new_series_per_second = 1, .new_series_burst = 3});
  auto shard = NewShard();
  for (const size_t own : {3u, 6u, 6u}) {
    for (int i = 0; i < 6; ++i) Count(*shard, "a", absl::StrCat("x:", i));
    const ShardWindows windows = Next(*shard);
    EXPECT_EQ(CounterTotal(windows.main), 6);
    EXPECT_EQ(windows.main.entries.size(), own + (own < 6 ? 1 : 0));
    clock_.Advance(absl::Seconds(10));
  }
  EXPECT_EQ(Folded(FoldReason::kSeriesRate), 3u);
}

TEST_F(LimitsTest, HoldsEachClientToARateOfItsOwn) {
  Limit({.new_series_per_second_per_client = 1, .new_series_burst_per_client = 2});
  auto shard = NewShard();
  for (const Peer& peer : {kClient, kOtherClient}) {
    shard->FindClient(peer);
    for (int i = 0; i < 3; ++i) Count(*shard, absl::StrCat("of ", peer.ToString()), absl::StrCat("x:", i));
  }
  EXPECT_EQ(Next(*shard).main.entries.size(), 2u * (2 + 1));
  EXPECT_EQ(Folded(FoldReason::kClientRate), 2u);
}

TEST_F(LimitsTest, DropsWhatIsBeyondAClientsQuotaUntilTheNextInterval) {
  Limit({.max_samples_per_client = 10});
  auto shard = NewShard();
  shard->FindClient(kClient);
  for (int i = 0; i < 25; ++i) Count(*shard, "a", "");
  shard->FindClient(kOtherClient);
  Count(*shard, "b", "");
  EXPECT_EQ(CounterTotal(Next(*shard).main), 11);
  EXPECT_EQ(Dropped(DropReason::kClientQuota), 15u);
  EXPECT_EQ(Accepted(), 26u);
  shard->FindClient(kClient);
  Count(*shard, "a", "");
  EXPECT_EQ(CounterTotal(Next(*shard).main), 1);
}

TEST_F(LimitsTest, TellsWhoWasFoldedAndWhatEachClientSent) {
  Limit({.max_series_per_metric = 1});
  auto shard = NewShard();
  Client& client = shard->FindClient(kClient);
  ++client.packets;
  for (int i = 0; i < 3; ++i) Count(*shard, "a", absl::StrCat("x:", i));
  Count(*shard, "a", "x:2");
  const ShardActivity activity = Next(*shard).activity;
  ASSERT_EQ(activity.clients.size(), 1u);
  EXPECT_EQ(activity.clients[0].samples, 4u);
  EXPECT_EQ(activity.clients[0].series, 3u);
  EXPECT_EQ(activity.clients[0].series_folded, 2u);
  ASSERT_EQ(activity.folds.size(), 1u);
  EXPECT_EQ(activity.folds[0].metric, "a");
  EXPECT_EQ(activity.folds[0].client, kClient);
  EXPECT_EQ(activity.folds[0].reason, FoldReason::kMetricLimit);
  EXPECT_EQ(activity.folds[0].samples, 3u);
}

TEST_F(LimitsTest, PublishesWhatIsOpen) {
  Limit({.max_samples_per_client = 3});
  auto shard = NewShard();
  for (int i = 0; i < 5; ++i) Count(*shard, "a", "");
  shard->EndBatch();
  EXPECT_EQ(ShardMetrics(telemetry_).open.value(), 3);
}

// Random streams of several clients through two shards under tight limits of every kind: each metric's total and each
// sample count is what was sent, the limits hold, and nothing stays counted when all is forgotten.
TEST_F(LimitsTest, KeepsEveryTotalUnderRandomStreams) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    Limit({.max_series = 40 + random() % 80,
           .max_series_per_metric = 1 + random() % 40,
           .max_series_per_client = 1 + random() % 40,
           .max_values_per_tag = 1 + random() % 20,
           .new_series_per_second = random() % 4,
           .new_series_burst = 1 + random() % 60,
           .new_series_per_second_per_client = random() % 4,
           .new_series_burst_per_client = 1 + random() % 30,
           .max_tags = 1 + random() % 3,
           .idle_intervals = static_cast<int>(1 + random() % 3)});
    std::vector<std::unique_ptr<Shard>> shards;
    shards.push_back(NewShard());
    shards.push_back(NewShard());
    IntervalIndex interval = kFirstInterval;
    for (int step = 0; step < 30; ++step) {
      std::map<std::string, double> sent;
      std::map<std::string, double> flushed;
      uint64_t samples = 0;
      for (int i = 0; i < 100; ++i) {
        Shard& shard = *shards[random() % 2];
        shard.FindClient(Peer::OfProcess(static_cast<pid_t>(1 + random() % 3), 0));
        const std::string name = absl::StrCat("n", random() % 4);
        Count(shard, name, absl::StrCat("a:", random() % 30, ",b:", random() % 3, random() % 5 == 0 ? ",c" : ""),
              i + 1);
        sent[name] += i + 1;
      }
      ++interval;
      for (const auto& shard : shards) {
        const ShardWindows windows = Take(*shard, interval);
        for (const Window::Entry& entry : windows.main.entries) {
          flushed[entry.series->key.name] += std::get<CounterAggregate>(entry.value).total.ToDouble();
          samples += entry.sample_count;
        }
      }
      ASSERT_EQ(flushed, sent);
      ASSERT_EQ(samples, 100u);
      ASSERT_LE(limiter_->series_count(), limits_.max_series + limits_.max_series / 10);
      clock_.Advance(absl::Seconds(10));
    }
    shards.clear();
    ASSERT_EQ(limiter_->series_count(), 0u);
  }
}

// 10 million series of one metric, each once, in twelve intervals: what is kept does not grow.
TEST_F(LimitsTest, TakesTenMillionUniqueSeriesWithinItsBounds) {
  constexpr int kSeries = kFlood;
  constexpr int kIntervals = 12;
  Limit({.max_series = 10'000, .max_values_per_tag = 1'000});
  auto shard = NewShard();
  Client& bomber = shard->FindClient(kClient);
  ++bomber.packets;
  double total = 0;
  size_t most_entries = 0;
  for (int interval = 0; interval < kIntervals; ++interval) {
    for (int i = interval; i < kSeries; i += kIntervals) {
      char tags[48];
      const int size = std::snprintf(tags, sizeof tags, "user:%d,region:eu", i);
      Count(*shard, i % 2 == 0 ? "hits" : "misses", absl::string_view(tags, static_cast<size_t>(size)));
    }
    const ShardWindows windows = Next(*shard);
    total += CounterTotal(windows.main);
    most_entries = std::max(most_entries, windows.main.entries.size());
    shard->FindClient(kClient);
  }
  EXPECT_EQ(total, kSeries);
  EXPECT_LE(most_entries, 2u * (1'000 + 1));
  EXPECT_EQ(limiter_->series_count(), 2u * (1'000 + 1));
  EXPECT_EQ(Folded(FoldReason::kValueLimit), kSeries - 2u * 1'000);
}

// The same of as many names, which no tag's limit holds.
TEST_F(LimitsTest, TakesAMillionNamesWithinItsBounds) {
  Limit({.max_series = 10'000});
  auto shard = NewShard();
  for (int i = 0; i < kFlood / 10; ++i) Count(*shard, absl::StrCat("name", i), "");
  const ShardWindows windows = Next(*shard);
  EXPECT_EQ(CounterTotal(windows.main), kFlood / 10);
  EXPECT_EQ(windows.main.entries.size(), 10'000u + 1'000 + 1);
  EXPECT_LE(windows.activity.folds.size(), FoldLedger::kMaxFolds + kFoldReasonCount);
}

}  // namespace
}  // namespace tributary
