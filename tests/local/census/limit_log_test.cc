#include "local/census/limit_log.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Peer kClient = Peer::OfProcess(1234, 0);

class LimitLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> Lines(const std::vector<Fold>& folds, const std::vector<Client>& clients = {}) {
    return log_.Lines(folds, clients, [](const Peer& client) { return client.ToString(); });
  }
  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  LimitLog log_{clock_};
};

TEST_F(LimitLogTest, NamesLimitMetricAndClientAndWhatBecameOfIt) {
  EXPECT_THAT(Lines({{"api.latency", kClient, FoldReason::kMetricLimit, 100}}),
              ElementsAre("limits.max_series_per_metric: folded 100 samples of metric api.latency from pid 1234 into "
                          "__other__ in the last interval"));
  Client client;
  client.peer = kClient;
  client.samples_dropped = 7;
  EXPECT_THAT(Lines({}, {client}),
              ElementsAre("limits.max_samples_per_client: dropped 7 samples of pid 1234 in the last interval"));
}

TEST_F(LimitLogTest, TellsEachLimitAndMetricOnceAMinute) {
  const std::vector<Fold> folds = {{"a", kClient, FoldReason::kMetricLimit, 3},
                                   {"a", kClient, FoldReason::kTagLimit, 2}};
  EXPECT_THAT(Lines(folds), SizeIs(2));
  clock_.Advance(absl::Seconds(59));
  EXPECT_THAT(Lines(folds), IsEmpty());
  EXPECT_THAT(Lines({{"b", kClient, FoldReason::kMetricLimit, 3}}), SizeIs(1));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Lines(folds), SizeIs(2));
}

TEST_F(LimitLogTest, SaysLittleWhateverHappens) {
  std::vector<Fold> folds;
  for (int i = 0; i < 1000; ++i) folds.push_back({absl::StrCat("n", i), kClient, FoldReason::kSeriesLimit, 1});
  EXPECT_THAT(Lines(folds), SizeIs(LimitLog::kLinesPerInterval));
}

TEST_F(LimitLogTest, PrintsNoControlCharacters) {
  const std::vector<std::string> lines = Lines({{"a\x1b[2J\n", kClient, FoldReason::kTagLimit, 1}});
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].find_first_of("\x1b\n"), std::string::npos);
}

}  // namespace
}  // namespace tributary
