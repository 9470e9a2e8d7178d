#include "proxy/capacity/elasticity.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

struct Pair {
  std::vector<double> upstream, downstream;
};
Pair MinutesOf(double elasticity, double own, double noise) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  Pair pair;
  for (int i = 0; i < 2000; ++i) {
    pair.upstream.push_back(500 + 200 * normal(random));
    pair.downstream.push_back(own + elasticity * pair.upstream.back() + noise * normal(random));
  }
  return pair;
}

TEST(ElasticityTest, SlopeIsRequestsThereForOneHere) {
  const Pair pair = MinutesOf(1.8, 100, 30);
  const auto elasticity = FitElasticity(pair.upstream, pair.downstream);
  ASSERT_TRUE(elasticity.has_value());
  EXPECT_NEAR(elasticity->slope, 1.8, 0.03);
  EXPECT_LE(elasticity->low, 1.8);
  EXPECT_GE(elasticity->high, 1.8);
  EXPECT_TRUE(elasticity->Follows());
}

TEST(ElasticityTest, UnrelatedServiceDoesNotFollow) {
  const Pair pair = MinutesOf(0, 300, 50);
  const auto elasticity = FitElasticity(pair.upstream, pair.downstream);
  ASSERT_TRUE(elasticity.has_value());
  EXPECT_FALSE(elasticity->Follows());
}

// Both are busy by day; neither calls the other.
TEST(ElasticityTest, SharedTimeOfDayIsNoDependency) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0, 5);
  Pair pair;
  for (int minute = 0; minute < 3 * 1440; ++minute) {
    const double day = 1 + 0.5 * std::sin(2 * M_PI * minute / 1440);
    pair.upstream.push_back(500 * day + noise(random));
    pair.downstream.push_back(300 * day + noise(random));
  }
  const auto elasticity = FitElasticity(pair.upstream, pair.downstream);
  ASSERT_TRUE(elasticity.has_value());
  EXPECT_GT(elasticity->low, 0);
  EXPECT_GT(elasticity->r_squared, 0.9);
  EXPECT_FALSE(elasticity->Follows());
}

TEST(ElasticityTest, TooFewMinutesOrConstantOnesTellNothing) {
  EXPECT_FALSE(FitElasticity(std::vector<double>(29, 1), std::vector<double>(29, 1)).has_value());
  EXPECT_FALSE(FitElasticity(std::vector<double>(100, 5), std::vector<double>(100, 7)).has_value());
  const double gap = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(FitElasticity(std::vector<double>(100, gap), std::vector<double>(100, 7)).has_value());
}

}  // namespace
}  // namespace tributary
