#include "proxy/promql/classic_histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tributary::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(ClassicHistogramTest, BucketsAreSortedAndThoseOfOneBoundAdded) {
  const ClassicHistogram histogram = MakeClassicHistogram({{kInf, 6}, {1, 1}, {2, 4}, {1, 2}});
  ASSERT_EQ(histogram.buckets.size(), 3u);
  EXPECT_EQ(histogram.buckets[0].count, 3);
  EXPECT_EQ(histogram.buckets[2].upper, kInf);
  EXPECT_FALSE(histogram.forced_monotonic);
}

TEST(ClassicHistogramTest, CountsThatFallAreLifted) {
  const ClassicHistogram histogram = MakeClassicHistogram({{1, 5}, {2, 4}, {3, 9}, {kInf, 8}});
  EXPECT_EQ(histogram.buckets[1].count, 5);
  EXPECT_EQ(histogram.buckets[3].count, 9);
  EXPECT_TRUE(histogram.forced_monotonic);
}

TEST(ClassicHistogramTest, RoundingIsNoFall) {
  const ClassicHistogram histogram = MakeClassicHistogram({{1, 5}, {2, 5 - 1e-15}, {kInf, 5 + 1e-15}});
  EXPECT_EQ(histogram.buckets[1].count, 5);
  EXPECT_EQ(histogram.buckets[2].count, 5);
  EXPECT_FALSE(histogram.forced_monotonic);
}

TEST(ClassicHistogramTest, QuantileIsLinearFromZero) {
  const ClassicHistogram histogram = MakeClassicHistogram({{1, 10}, {3, 30}, {kInf, 40}});
  EXPECT_DOUBLE_EQ(ClassicQuantile(0.125, histogram), 0.5);
  EXPECT_DOUBLE_EQ(ClassicQuantile(0.5, histogram), 2);
  EXPECT_DOUBLE_EQ(ClassicQuantile(0.9, histogram), 3) << "above all but the bucket to +Inf";
}

TEST(ClassicHistogramTest, NothingIsKnownWithoutABucketToInfinity) {
  EXPECT_TRUE(std::isnan(ClassicQuantile(0.5, MakeClassicHistogram({{1, 1}, {2, 3}}))));
  EXPECT_TRUE(std::isnan(ClassicFraction(0, 1, MakeClassicHistogram({{1, 1}, {2, 3}}))));
  EXPECT_TRUE(std::isnan(ClassicQuantile(0.5, MakeClassicHistogram({{kInf, 3}}))));
  EXPECT_TRUE(std::isnan(ClassicQuantile(0.5, MakeClassicHistogram({{1, 0}, {kInf, 0}}))));
  EXPECT_TRUE(std::isnan(ClassicQuantile(0.5, MakeClassicHistogram({}))));
}

TEST(ClassicHistogramTest, FractionIsWhatLiesBetween) {
  const ClassicHistogram histogram = MakeClassicHistogram({{1, 10}, {3, 30}, {kInf, 40}});
  EXPECT_DOUBLE_EQ(ClassicFraction(0, 1, histogram), 0.25);
  EXPECT_DOUBLE_EQ(ClassicFraction(0.5, 2, histogram), 0.375);
  EXPECT_DOUBLE_EQ(ClassicFraction(3, kInf, histogram), 0.25);
  EXPECT_DOUBLE_EQ(ClassicFraction(-kInf, kInf, histogram), 1);
  EXPECT_DOUBLE_EQ(ClassicFraction(2, 1, histogram), 0);
}

TEST(ClassicHistogramTest, AFirstBoundBelowZeroIsItsBucketsValue) {
  const ClassicHistogram histogram = MakeClassicHistogram({{-2, 1}, {0, 3}, {2, 6}, {kInf, 7}});
  EXPECT_DOUBLE_EQ(ClassicQuantile(0.1, histogram), -2);
  EXPECT_DOUBLE_EQ(ClassicFraction(-kInf, -1, histogram), 2.0 / 7);
}

}  // namespace
}  // namespace tributary::promql
