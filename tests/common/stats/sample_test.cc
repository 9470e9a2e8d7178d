#include "common/stats/sample.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

// R: quantile(c(1, 2, 4, 8, 16), c(0, .1, .5, .9, 1)), type 7.
TEST(SampleTest, QuantilesAreThoseOfR) {
  const std::vector<double> values = {16, 1, 8, 2, 4};
  EXPECT_DOUBLE_EQ(QuantileOf(values, 0), 1);
  EXPECT_DOUBLE_EQ(QuantileOf(values, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(MedianOf(values), 4);
  EXPECT_DOUBLE_EQ(QuantileOf(values, 0.9), 12.8);
  EXPECT_DOUBLE_EQ(QuantileOf(values, 1), 16);
}

TEST(SampleTest, OfOneValueThereIsNoDeviation) {
  EXPECT_EQ(DeviationOf({5.0}), 0);
  EXPECT_DOUBLE_EQ(DeviationOf({2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}), std::sqrt(32.0 / 7));
}

}  // namespace
}  // namespace tributary
