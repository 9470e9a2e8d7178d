#include "proxy/capacity/headroom.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/sketch/tdigest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/query/sketch_distribution.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

ResourceSpec Spec(const std::string& name, double limit, ResourceSpec::Grows grows = ResourceSpec::Grows::kWithLoad) {
  ResourceSpec spec;
  spec.name = name;
  spec.limit = limit;
  spec.grows = grows;
  return spec;
}

// Steady at `use`, but for the last step.
ResourceUse Use(const std::string& entity, const ResourceSpec& spec, double use, size_t hours = 24 * 8) {
  ResourceUse result;
  result.entity = entity;
  result.spec = &spec;
  result.values.assign(hours, use);
  result.now = use;
  result.hourly = {absl::UnixEpoch(), result.values};
  return result;
}

TEST(HeadroomTest, MultiplierIsWhatIsLeftByWhatIsUsedAboveIdle) {
  const ResourceSpec cpu = Spec("cpu", 0.8);
  ResourceUse use = Use("web-1", cpu, 0);
  // 10 % without load; 50 % at the highest.
  for (size_t i = 0; i < use.values.size(); ++i) {
    use.loads.push_back(100 + static_cast<double>(i % 24) * 300 / 23);
    use.values[i] = 0.1 + 0.001 * use.loads[i];
  }
  use.now = 0.3;
  use.service = "api";
  HeadroomQuestion question;
  question.quantile = 1;
  const HeadroomReport report = RankHeadroom({use}, {}, question);
  ASSERT_EQ(report.rows.size(), 1u);
  EXPECT_NEAR(*report.rows[0].multiplier, (0.8 - 0.1) / (0.5 - 0.1), 1e-6);
  EXPECT_NEAR(report.rows[0].headroom, 1 - 0.5 / 0.8, 1e-9);
  EXPECT_EQ(report.rows[0].confidence, "high");
  EXPECT_NEAR(*report.fleet_multiplier, 1.75, 1e-6);
}

TEST(HeadroomTest, WithoutKnownLoadNothingIsIdle) {
  const ResourceSpec cpu = Spec("cpu", 0.8);
  const HeadroomReport report = RankHeadroom({Use("web-1", cpu, 0.4)}, {}, {});
  EXPECT_DOUBLE_EQ(*report.rows[0].multiplier, 2);
}

TEST(HeadroomTest, HostThatIsFullNowComesBeforeAWeekOfCalm) {
  const ResourceSpec cpu = Spec("cpu", 0.8);
  const ResourceSpec memory = Spec("memory", 0.9);
  std::vector<ResourceUse> uses;
  for (int i = 0; i < 20; ++i) {
    uses.push_back(Use(absl::StrCat("web-", i), cpu, 0.3));
    uses.push_back(Use(absl::StrCat("web-", i), memory, 0.6));
  }
  uses[2 * 7].now = 0.99;
  const HeadroomReport report = RankHeadroom(uses, {}, {});
  EXPECT_EQ(report.rows[0].entity, "web-7");
  EXPECT_EQ(report.rows[0].resource, "cpu");
  EXPECT_TRUE(report.rows[0].bottleneck);
  EXPECT_EQ(*report.rows[0].days_to_limit, 0);
  EXPECT_EQ(report.entities, 20u);
  EXPECT_EQ(report.rows.size(), 20u);
  EXPECT_EQ(report.left_out, 20u);
  EXPECT_THAT(report.summary, HasSubstr("1 of 20 is over a limit; the worst is web-7, whose cpu is at 99 %"));
}

TEST(HeadroomTest, PeakIsAQuantileOfAllLooksAndNoMaximumOfMeans) {
  const ResourceSpec cpu = Spec("cpu", 0.8);
  ResourceUse use = Use("web-1", cpu, 0.3);
  TDigest looks;
  for (int i = 1; i <= 1000; ++i) looks.Add(i / 1000.0);
  use.distribution = MakeSketchDistribution(looks);
  const HeadroomReport report = RankHeadroom({use}, {}, {});
  EXPECT_NEAR(report.rows[0].p50, 0.5, 0.002);
  EXPECT_NEAR(report.rows[0].headroom, 1 - 0.95 / 0.8, 0.003);
}

TEST(HeadroomTest, DiskFillsWithTime) {
  const ResourceSpec disk = Spec("disk space", 0.9, ResourceSpec::Grows::kWithTime);
  ResourceUse use = Use("db-1", disk, 0);
  for (size_t i = 0; i < use.values.size(); ++i) use.values[i] = 0.5 + 0.02 * static_cast<double>(i) / 24;
  use.now = use.values.back();
  use.hourly.values = use.values;
  const HeadroomReport report = RankHeadroom({use}, {}, {});
  EXPECT_FALSE(report.rows[0].multiplier.has_value());
  // 2 % a day from almost 66 %.
  EXPECT_NEAR(*report.rows[0].days_to_limit, (0.9 - use.values.back()) / 0.02, 0.2);
}

TEST(HeadroomTest, WhatLoadDoesNotMoveHasNoMultiplier) {
  const ResourceSpec memory = Spec("memory", 0.9);
  ResourceUse use = Use("web-1", memory, 0.7);
  for (size_t i = 0; i < use.values.size(); ++i) use.loads.push_back(100 + static_cast<double>(i % 24) * 20);
  const HeadroomReport report = RankHeadroom({use}, {}, {});
  EXPECT_FALSE(report.rows[0].multiplier.has_value());
}

TEST(HeadroomTest, LittleHistoryIsLowConfidence) {
  const ResourceSpec cpu = Spec("cpu", 0.8);
  EXPECT_EQ(RankHeadroom({Use("web-1", cpu, 0.4, 30)}, {}, {}).rows[0].confidence, "low");
}

TEST(HeadroomTest, ImbalanceIsTheBusiestByTheMean) {
  const HeadroomReport report = RankHeadroom({}, {100, 100, 160}, {});
  EXPECT_NEAR(*report.imbalance, 160.0 / 120, 1e-9);
  EXPECT_THAT(report.summary, HasSubstr("No resource"));
}

}  // namespace
}  // namespace tributary
