#include "proxy/capacity/utilization_line.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(UtilizationLineTest, StraightLineIsFound) {
  std::vector<double> loads, uses;
  for (int i = 1; i <= 50; ++i) {
    loads.push_back(10 * i);
    uses.push_back(0.05 + 0.001 * 10 * i);
  }
  const UtilizationLine line = FitUtilization(loads, uses);
  EXPECT_FALSE(line.assumed);
  EXPECT_NEAR(line.slope, 0.001, 1e-12);
  EXPECT_NEAR(line.Idle(), 0.05, 1e-9);
  EXPECT_NEAR(line.At(700), 0.75, 1e-9);
  EXPECT_NEAR(line.LoadAt(0.8), 750, 1e-6);
  EXPECT_NEAR(line.r_squared, 1, 1e-9);
}

TEST(UtilizationLineTest, FifthOfWrongPointsMovesLittle) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.01);
  std::vector<double> loads, uses;
  for (int i = 0; i < 300; ++i) {
    loads.push_back(100 + i);
    uses.push_back(i % 5 == 0 ? 0.95 : 0.1 + 0.001 * loads.back() + noise(random));
  }
  EXPECT_NEAR(FitUtilization(loads, uses).slope, 0.001, 0.0003);
}

// 30 points of a test among 10,000 of a calm week: they alone tell that the slope is steeper above.
TEST(UtilizationLineTest, ShortLoadTestCountsBesideLongCalm) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> noise(0, 0.02);
  std::vector<double> loads, uses;
  for (int i = 0; i < 10'000; ++i) {
    loads.push_back(200 + i % 5);
    uses.push_back(0.25 + noise(random));
  }
  for (int i = 0; i < 30; ++i) {
    loads.push_back(210 + i * 18);
    uses.push_back(loads.back() / 800 + noise(random));
  }
  EXPECT_NEAR(FitUtilization(loads, uses).At(800), 1, 0.06);
}

TEST(UtilizationLineTest, LoadThatHardlyVariesMakesItProportional) {
  const UtilizationLine line = FitUtilization(std::vector<double>(40, 200), std::vector<double>(40, 0.3));
  EXPECT_TRUE(line.assumed);
  EXPECT_DOUBLE_EQ(line.At(400), 0.6);
  EXPECT_DOUBLE_EQ(line.Idle(), 0);
}

TEST(UtilizationLineTest, WhatDoesNotFollowLoadIsFlat) {
  std::vector<double> loads, uses;
  for (int i = 0; i < 100; ++i) {
    loads.push_back(100 + 3 * i);
    uses.push_back(0.6 + 0.001 * (i % 3));
  }
  const UtilizationLine line = FitUtilization(loads, uses);
  EXPECT_TRUE(line.flat);
  EXPECT_TRUE(std::isinf(line.LoadAt(0.8)));
  EXPECT_EQ(line.LoadAt(0.5), 0) << "it is over that already";
}

TEST(UtilizationLineTest, GapsAreNoPoints) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(FitUtilization(std::vector<double>{1, gap, 3}, std::vector<double>{0.1, 0.2, gap}).points, 1u);
  EXPECT_EQ(FitUtilization({}, {}).points, 0u);
}

}  // namespace
}  // namespace tributary
