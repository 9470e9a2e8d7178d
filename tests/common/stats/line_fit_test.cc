#include "common/stats/line_fit.h"

#include <cmath>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// NIST StRD "Norris", lower difficulty: calibration of ozone monitors.
const std::vector<double> kNorrisY = {0.1, 338.8, 118.1, 888.0, 9.2,   228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3,
                                      0.1, 778.1, 668.8, 339.3, 448.9, 10.8,  557.7, 228.3, 998.0, 888.8, 119.6, 0.3,
                                      0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2,  117.6, 228.9, 668.4, 449.2, 0.2};
const std::vector<double> kNorrisX = {0.2, 337.4, 118.2, 884.6, 10.1,  226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4,
                                      0.6, 775.5, 666.9, 338.0, 447.5, 11.6,  556.0, 228.1, 995.8, 887.6, 120.2, 0.3,
                                      0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1,  118.3, 229.2, 669.1, 448.9, 0.5};

TEST(LineFitTest, LeastSquaresGivesTheCertifiedValuesOfNorris) {
  const auto line = FitLeastSquares(kNorrisX, kNorrisY);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_NEAR(line->intercept, -0.262323073774029, 1e-10);
  EXPECT_NEAR(line->slope, 1.00211681802045, 1e-12);
  EXPECT_NEAR(line->intercept_error, 0.232818234301152, 1e-11);
  EXPECT_NEAR(line->slope_error, 0.429796848199937e-03, 1e-14);
  EXPECT_NEAR(line->residual_deviation, 0.884796396144373, 1e-11);
  EXPECT_NEAR(line->r_squared, 0.999993745883712, 1e-13);
}

TEST(LineFitTest, WrongPointsDoNotMoveTheRobustLine) {
  std::vector<double> x, y;
  for (int i = 0; i < 41; ++i) {
    x.push_back(i);
    y.push_back(i % 4 == 1 ? 1e9 : 3 + 2.0 * i);
  }
  const auto line = FitTheilSen(x, y);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_NEAR(line->slope, 2, 1e-9);
  EXPECT_NEAR(line->intercept, 3, 1e-9);
}

// Sen's own example (1968, section 6): the 93 % interval of these seven points is [3.71, 4.35] around 4.
TEST(LineFitTest, TheIntervalIsTheOneOfSensPaper) {
  const std::vector<double> x = {1, 2, 3, 4, 10, 12, 18};
  const std::vector<double> y = {9, 15, 19, 20, 45, 55, 78};
  const auto line = FitTheilSen(x, y, 0.93);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_DOUBLE_EQ(line->slope, 4);
  EXPECT_NEAR(line->slope_low, 26.0 / 7, 1e-9);
  EXPECT_NEAR(line->slope_high, 35.0 / 8, 0.03);
  EXPECT_TRUE(line->rises_or_falls());
}

TEST(LineFitTest, TheIntervalHoldsTheSlopeAsOftenAsItSays) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 5);
  int held = 0;
  for (int round = 0; round < 1000; ++round) {
    std::vector<double> x, y;
    for (int i = 0; i < 25; ++i) {
      x.push_back(i);
      y.push_back(0.5 * i + noise(random));
    }
    const auto line = FitTheilSen(x, y, 0.9);
    held += line->slope_low <= 0.5 && 0.5 <= line->slope_high;
  }
  EXPECT_GE(held, 870);
  EXPECT_LE(held, 940);
}

TEST(LineFitTest, ManyPointsAreThinnedOut) {
  std::vector<double> x, y;
  for (int i = 0; i < 100'000; ++i) {
    x.push_back(i);
    y.push_back(7 - 0.25 * i);
  }
  const auto line = FitTheilSen(x, y);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_NEAR(line->slope, -0.25, 1e-12);
  EXPECT_NEAR(line->intercept, 7, 1e-6);
}

TEST(LineFitTest, PointsAtOnePlaceAreNoLine) {
  EXPECT_THAT(FitTheilSen({1.0, 1.0, 1.0}, {1.0, 2.0, 3.0}).status().message(), HasSubstr("different places"));
  EXPECT_THAT(FitLeastSquares({1.0, 2.0}, {1.0, 2.0}).status().message(), HasSubstr("at least 3 points, there are 2"));
}

}  // namespace
}  // namespace tributary
