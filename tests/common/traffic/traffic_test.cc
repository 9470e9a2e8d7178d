#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/traffic/exact.h"
#include "common/traffic/fleet.h"
#include "common/traffic/line_packer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Kind = Measurement::Kind;
using ::testing::ElementsAre;

Measurement Timer(absl::string_view text, absl::string_view tags = "a:1") {
  Measurement m{Kind::kTimer, "t", std::string(text), 0, 1, tags};
  EXPECT_TRUE(absl::SimpleAtod(text, &m.value));
  return m;
}

std::vector<std::string> Pack(size_t max_bytes, bool pack_values, const std::vector<Measurement>& measured) {
  std::vector<std::string> payloads;
  LinePacker packer(max_bytes, pack_values, [&](absl::string_view p) { payloads.emplace_back(p); });
  for (const Measurement& m : measured) packer.Add(m);
  packer.Flush();
  return payloads;
}

TEST(LinePackerTest, JoinsLinesWithNewlinesUpToTheLimit) {
  const std::vector<Measurement> two = {Timer("1.5"), Timer("2")};
  EXPECT_THAT(Pack(100, false, two), ElementsAre("t:1.5|ms|#a:1\nt:2|ms|#a:1"));
  EXPECT_THAT(Pack(15, false, two), ElementsAre("t:1.5|ms|#a:1", "t:2|ms|#a:1"));
}

TEST(LinePackerTest, PacksTimersOfOneSeriesAcrossOtherLines) {
  const Measurement counter{Kind::kCounter, "c", "1", 1, 0.1, ""};
  EXPECT_THAT(Pack(100, true, {Timer("1"), counter, Timer("2"), Timer("3", "b:2")}),
              ElementsAre("c:1|c|@0.1\nt:1:2|ms|#a:1\nt:3|ms|#b:2"));
}

TEST(LinePackerTest, HistogramsAndDistributionsArePackedAndNotWithEachOther) {
  Measurement histogram = Timer("1"), distribution = Timer("2");
  histogram.kind = Kind::kHistogram;
  distribution.kind = Kind::kDistribution;
  EXPECT_THAT(Pack(100, true, {histogram, histogram, distribution, distribution}),
              ElementsAre("t:1:1|h|#a:1\nt:2:2|d|#a:1"));
}

TEST(LinePackerTest, EveryMeasurementIsSentOnceWhateverTheSize) {
  Fleet fleet({.seed = 7});
  std::vector<Measurement> measured;
  for (int i = 0; i < 30; ++i) {
    for (Measurement& m : fleet.Slot(i, 1000)) measured.push_back(std::move(m));
  }
  size_t values = 0;
  for (const std::string& payload : Pack(300, true, measured)) {
    EXPECT_LE(payload.size(), 300u);
    for (absl::string_view line : absl::StrSplit(payload, '\n')) {
      const std::vector<absl::string_view> sections = absl::StrSplit(line, '|');
      values += static_cast<size_t>(std::count(sections[0].begin(), sections[0].end(), ':'));
    }
  }
  EXPECT_EQ(values, measured.size());
}

TEST(FleetTest, ASlotIsTheSameEveryTimeAndOtherSlotsDiffer) {
  Fleet fleet({.seed = 1});
  const auto texts = [&](int instance, int64_t slot) {
    std::string all;
    for (const Measurement& m : fleet.Slot(instance, slot)) all += m.text + "|";
    return all;
  };
  EXPECT_EQ(texts(3, 17), texts(3, 17));
  EXPECT_NE(texts(3, 17), texts(4, 17));
  EXPECT_NE(texts(3, 17), texts(3, 18));
}

TEST(FleetTest, TimeoutsSitAtExactlyOneSecondAndOneRegionIsSlow) {
  Fleet fleet({.seed = 2, .requests_per_second = 100, .deploy_length = absl::ZeroDuration()});
  ExactInterval fast, slow;
  for (int slot = 0; slot < 2000; ++slot) {
    for (const Measurement& m : fleet.Slot(0, slot)) fast.Add(m);
    for (const Measurement& m : fleet.Slot(29, slot)) slow.Add(m);
  }
  const std::vector<double> values = fast.Values(Fleet::kLatency);
  EXPECT_EQ(values.back(), Fleet::kTimeoutMs);
  EXPECT_NEAR(static_cast<double>(values.size()), 10000, 500);
  EXPECT_NEAR(ExactQuantile(values, 0.5), 40, 2);
  EXPECT_NEAR(ExactQuantile(slow.Values(Fleet::kLatency), 0.5), 72, 4);
}

TEST(FleetTest, ABadDeploySlowsAThirdForAWhile) {
  Fleet fleet({.slot = absl::Seconds(1), .first_deploy = absl::Seconds(25), .deploy_length = absl::Seconds(30)});
  const auto slow_at = [&](int64_t slot) {
    int slow = 0;
    for (int i = 0; i < 30; ++i) slow += fleet.IsBadDeploy(i, slot);
    return slow;
  };
  EXPECT_EQ(slow_at(24), 0);
  EXPECT_EQ(slow_at(25), 10);
  EXPECT_EQ(slow_at(54), 10);
  EXPECT_EQ(slow_at(55), 0);
  EXPECT_EQ(slow_at(25 + 180), 10);
}

TEST(ExactTest, CountersWeighTheirRateAndSetsCountOnce) {
  ExactInterval exact;
  exact.Add({Kind::kCounter, "c", "1", 1, 0.1, "a:1"});
  exact.Add({Kind::kCounter, "c", "2", 2, 1, "a:2"});
  exact.Add({Kind::kSet, "s", "x", 0, 1, ""});
  exact.Add({Kind::kSet, "s", "x", 0, 1, ""});
  EXPECT_EQ(exact.Total("c"), 12);
  EXPECT_EQ(exact.Distinct("s"), 1u);
  EXPECT_EQ(exact.samples(), 4u);
}

TEST(ExactTest, RankErrorIsZeroInsideAStepAndTheDistanceOutside) {
  const std::vector<double> sorted = {1, 2, 2, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(RankError(sorted, 0.3, 2), 0);
  EXPECT_EQ(RankError(sorted, 0.4, 2), 0);
  EXPECT_DOUBLE_EQ(RankError(sorted, 0.6, 2), 0.2);
  EXPECT_DOUBLE_EQ(RankError(sorted, 0.5, 6.5), 0.3);
  EXPECT_EQ(RankError(sorted, 0.5, NAN), 1);
  EXPECT_EQ(ExactQuantile(sorted, 0.5), 3);
  EXPECT_EQ(ExactQuantile(sorted, 1), 8);
  EXPECT_EQ(ExactQuantile(sorted, 0), 1);
}

}  // namespace
}  // namespace tributary
