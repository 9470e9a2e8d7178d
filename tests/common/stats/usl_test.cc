#include "common/stats/usl.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// SPEC SDM91, Gunther 2007, table 5.2; the fit as R's package `usl` prints it.
const std::vector<double> kLoad = {1, 18, 36, 72, 108, 144, 216};
const std::vector<double> kThroughput = {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2};

TEST(UslTest, GivesThePublishedFitOfSpecSdm91) {
  const auto fit = FitUsl(kLoad, kThroughput);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_NEAR(fit->alpha, 0.0277285, 5e-7);
  EXPECT_NEAR(fit->beta, 1.0437e-4, 5e-9);
  EXPECT_NEAR(fit->gamma, 89.9952330, 5e-6);
  EXPECT_NEAR(fit->alpha_error, 0.0091217, 5e-7);
  EXPECT_NEAR(fit->beta_error, 1.99e-5, 5e-8);
  EXPECT_NEAR(fit->gamma_error, 14.2134894, 5e-4);
  EXPECT_NEAR(fit->PeakLoad(), std::sqrt((1 - 0.0277285) / 1.0437e-4), 0.01);
  EXPECT_NEAR(fit->OptimalLoad(), 1 / 0.0277285, 0.001);
  EXPECT_EQ(fit->highest_load, 216);
}

TEST(UslTest, FindsTheCoefficientsThatMadeThePoints) {
  const UslFit truth{.alpha = 0.05, .beta = 0.001, .gamma = 1200};
  std::vector<double> loads, throughputs;
  for (double load = 1; load <= 64; load *= 2) {
    loads.push_back(load);
    throughputs.push_back(truth.Throughput(load));
  }
  const auto fit = FitUsl(loads, throughputs);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_NEAR(fit->alpha, 0.05, 1e-9);
  EXPECT_NEAR(fit->beta, 0.001, 1e-11);
  EXPECT_NEAR(fit->gamma, 1200, 1e-6);
  EXPECT_NEAR(fit->Latency(10), 10 / truth.Throughput(10), 1e-12);
}

TEST(UslTest, AThroughputThatFallsFromTheStartIsRefused) {
  EXPECT_THAT(FitUsl({1.0, 2.0, 4.0, 8.0, 16.0}, {100.0, 60.0, 35.0, 19.0, 10.0}).status().message(),
              HasSubstr("not physical"));
}

TEST(UslTest, AFitThatPromisesThroughputWithoutEndIsRefused) {
  EXPECT_THAT(FitUsl({1.0, 2.0, 4.0, 8.0, 16.0}, {100.0, 205.0, 430.0, 950.0, 2400.0}).status().message(),
              HasSubstr("not physical"));
}

TEST(UslTest, NamesThePointThatIsNone) {
  EXPECT_THAT(FitUsl({1.0, 2.0, 3.0, 4.0}, {1.0, 2.0, -3.0, 4.0}).status().message(), HasSubstr("point 3 (3, -3)"));
  EXPECT_THAT(FitUsl({1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}).status().message(), HasSubstr("at least 4 points, there are 3"));
}

}  // namespace
}  // namespace tributary
