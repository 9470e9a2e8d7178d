#include "common/stats/isotonic.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IsotonicTest, RisingValuesStay) {
  EXPECT_THAT(IsotonicRegression({1.0, 2.0, 2.0, 5.0}, {1.0, 1.0, 1.0, 1.0}), ElementsAre(1, 2, 2, 5));
  EXPECT_THAT(IsotonicRegression({}, {}), IsEmpty());
}

TEST(IsotonicTest, FallingNeighboursArePooledByWeight) {
  EXPECT_THAT(IsotonicRegression({1.0, 4.0, 3.0, 2.0, 6.0}, {1.0, 1.0, 1.0, 1.0, 1.0}), ElementsAre(1, 3, 3, 3, 6));
  EXPECT_THAT(IsotonicRegression({4.0, 1.0}, {1.0, 3.0}), ElementsAre(1.75, 1.75));
}

// max over i <= k of min over j >= k of the mean of i..j (the min-max formula) is the same, by another way.
TEST(IsotonicTest, EqualsTheMinMaxFormula) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(0, 10), weight(0.1, 3);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values(20), weights(20);
    for (double& v : values) v = any(random);
    for (double& w : weights) w = weight(random);
    const std::vector<double> fitted = IsotonicRegression(values, weights);
    for (size_t k = 0; k < values.size(); ++k) {
      double best = -1;
      for (size_t i = 0; i <= k; ++i) {
        double least = 1e9;
        for (size_t j = k; j < values.size(); ++j) {
          double sum = 0, total = 0;
          for (size_t m = i; m <= j; ++m) {
            sum += values[m] * weights[m];
            total += weights[m];
          }
          least = std::min(least, sum / total);
        }
        best = std::max(best, least);
      }
      EXPECT_NEAR(fitted[k], best, 1e-9);
    }
  }
}

}  // namespace
}  // namespace tributary
