#include "common/sketch/exponential_histogram.h"

#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "tests/common/sketch/rank_oracle.h"

namespace tributary {
namespace {

TDigest DigestOf(const std::vector<double>& samples, double compression = 500) {
  TDigest digest(compression);
  for (const double sample : samples) digest.Add(sample);
  return digest;
}

uint64_t Total(const ExponentialHistogram& histogram) {
  const auto sum = [](const std::vector<uint64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  };
  return sum(histogram.negative.counts) + histogram.zero_count + sum(histogram.positive.counts);
}

// The bucket of each sample by comparing with its bounds, lower and upper.
std::map<int64_t, uint64_t> CountsByBounds(const std::vector<double>& magnitudes, int scale) {
  std::map<int64_t, uint64_t> counts;
  for (const double magnitude : magnitudes) {
    int64_t index = static_cast<int64_t>(std::floor(std::log2(magnitude) * std::ldexp(1, scale))) - 2;
    while (std::exp2(std::ldexp(static_cast<double>(index + 1), -scale)) < magnitude) ++index;
    ++counts[index];
  }
  return counts;
}

std::map<int64_t, uint64_t> AsMap(const ExponentialHistogram::Buckets& buckets) {
  std::map<int64_t, uint64_t> counts;
  for (size_t k = 0; k < buckets.counts.size(); ++k) {
    if (buckets.counts[k] > 0) counts[buckets.offset + static_cast<int64_t>(k)] = buckets.counts[k];
  }
  return counts;
}

TEST(ExponentialHistogramTest, FewValuesAreCountedExactlyBoundsIncluded) {
  std::vector<double> samples;
  std::vector<double> positive;
  std::vector<double> negative;
  for (const double value : {1, 2, 2, 2, 4, 8, 8, 16, 3, 5, 1000}) positive.push_back(value);
  for (const double value : {1, 1, 4, 64, 7}) negative.push_back(value);
  samples = positive;
  for (const double value : negative) samples.push_back(-value);
  samples.insert(samples.end(), {0, 0, 0});
  const ExponentialHistogram histogram = ExponentialHistogram::FromDigest(DigestOf(samples));
  EXPECT_EQ(AsMap(histogram.positive), CountsByBounds(positive, histogram.scale));
  EXPECT_EQ(AsMap(histogram.negative), CountsByBounds(negative, histogram.scale));
  EXPECT_EQ(histogram.zero_count, 3);
  EXPECT_EQ(histogram.count, samples.size());
  EXPECT_EQ(histogram.min, -64);
  EXPECT_EQ(histogram.max, 1000);
}

TEST(ExponentialHistogramTest, PowersOfTwoLieInTheBucketThatTheyEnd) {
  const ExponentialHistogram histogram = ExponentialHistogram::FromDigest(DigestOf({1, 2, 4, 1024}), 11);
  EXPECT_EQ(histogram.scale, 0);
  EXPECT_EQ(histogram.positive.offset, -1);  // (0.5, 1]
  EXPECT_EQ(histogram.positive.counts, (std::vector<uint64_t>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(ExponentialHistogramTest, SmoothDataIsCountedWithinTheErrorOfTheDigest) {
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(7);
    std::vector<double> samples(20'000);
    for (double& sample : samples) sample = distribution.draw(random, 0);
    const ExponentialHistogram histogram = ExponentialHistogram::FromDigest(DigestOf(samples));
    EXPECT_EQ(Total(histogram), samples.size()) << distribution.name;
    EXPECT_LE(std::max(histogram.positive.counts.size(), histogram.negative.counts.size()), 160);
    std::vector<double> positive;
    for (const double sample : samples) {
      if (sample > 0) positive.push_back(sample);
    }
    std::map<int64_t, uint64_t> expected = CountsByBounds(positive, histogram.scale);
    double off = 0;  // of the cumulative counts, which rank errors bound
    double worst = 0;
    for (size_t k = 0; k < histogram.positive.counts.size(); ++k) {
      off += static_cast<double>(histogram.positive.counts[k]) -
             static_cast<double>(expected[histogram.positive.offset + static_cast<int64_t>(k)]);
      worst = std::max(worst, std::fabs(off));
    }
    // Around zero a centroid holds both signs.
    const double bar = distribution.name == "normal" ? 3e-3 : 1e-3;
    EXPECT_LE(worst / static_cast<double>(samples.size()), bar) << distribution.name << " seed 7";
  }
}

TEST(ExponentialHistogramTest, TheScaleIsTheFinestThatFits) {
  // 160 buckets over a factor of 2^10: 2^4 buckets a factor of two; 2^5 would be 320.
  EXPECT_EQ(ExponentialHistogram::FromDigest(DigestOf({1.001, 1024})).scale, 4);
  EXPECT_EQ(ExponentialHistogram::FromDigest(DigestOf({7, 7})).scale, ExponentialHistogram::kMaxScale);
  EXPECT_EQ(ExponentialHistogram::FromDigest(DigestOf({1e-20, 1e20}), 2).scale, -7);  // 2^-128, 1, 2^128
}

TEST(ExponentialHistogramTest, EmptyCountsNothing) {
  EXPECT_EQ(ExponentialHistogram::FromDigest(TDigest()), ExponentialHistogram());
}

TEST(ExponentialHistogramTest, DownscaledIsWhatACoarserScaleCounts) {
  Random random(8);
  std::vector<double> samples(3000);
  for (double& sample : samples) sample = std::exp(Normal(random)) * (Uniform(random) < 0.3 ? -1 : 1);
  const TDigest digest = DigestOf(samples);
  const ExponentialHistogram fine = ExponentialHistogram::FromDigest(digest);
  for (int steps = 0; steps <= 5; ++steps) {
    const ExponentialHistogram coarse = fine.Downscaled(steps);
    EXPECT_EQ(coarse.scale, fine.scale - steps);
    EXPECT_EQ(Total(coarse), samples.size());
    std::map<int64_t, uint64_t> expected;
    for (const auto& [index, count] : AsMap(fine.positive)) expected[index >> steps] += count;
    EXPECT_EQ(AsMap(coarse.positive), expected);
  }
}

}  // namespace
}  // namespace tributary
