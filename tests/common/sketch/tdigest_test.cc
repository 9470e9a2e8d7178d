#include "common/sketch/tdigest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/sketch/tdigest_merger.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sketch/rank_oracle.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TDigest Of(const std::vector<double>& samples, double compression = 100, uint64_t seed = 0) {
  TDigest digest(compression, seed);
  for (const double sample : samples) EXPECT_TRUE(digest.Add(sample));
  return digest;
}

std::string Bytes(const TDigest& digest) {
  std::string bytes;
  digest.Encode(bytes);
  return bytes;
}

// Laws hold of any samples; bounds are twice the worst of 60 seeds.
uint64_t NewSeed() { return std::random_device()(); }

std::vector<double> LogNormal(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<double> samples(count);
  for (double& sample : samples) sample = std::exp(2 * Normal(random));
  return samples;
}

TEST(TDigestTest, EmptyHasNoQuantiles) {
  const TDigest digest;
  EXPECT_TRUE(digest.empty());
  EXPECT_TRUE(std::isnan(digest.Quantile(0.5)));
  EXPECT_TRUE(std::isnan(digest.Cdf(0)));
  EXPECT_TRUE(std::isnan(digest.min()));
  EXPECT_TRUE(digest.count().IsZero());
  EXPECT_THAT(digest.Centroids(), testing::IsEmpty());
}

TEST(TDigestTest, CompressionIsKeptWithinItsLimits) {
  EXPECT_EQ(TDigest(1).compression(), 20);
  EXPECT_EQ(TDigest(99.6).compression(), 100);
  EXPECT_EQ(TDigest(1e9).compression(), 1000);
  EXPECT_EQ(TDigest(std::nan("")).compression(), 20);
}

TEST(TDigestTest, AddRefusesWhatCannotBeSummedExactly) {
  TDigest digest;
  EXPECT_FALSE(digest.Add(std::nan("")));
  EXPECT_FALSE(digest.Add(kInfinity));
  EXPECT_FALSE(digest.Add(-kInfinity));
  EXPECT_FALSE(digest.Add(0x1.1p96));
  EXPECT_FALSE(digest.Add(0x1p90, 0x1p7));
  EXPECT_FALSE(digest.Add(1, 0));
  EXPECT_FALSE(digest.Add(1, -1));
  EXPECT_FALSE(digest.Add(1, std::nan("")));
  EXPECT_FALSE(digest.Add(1, kInfinity));
  EXPECT_FALSE(digest.Add(1, 0x1p-40));
  EXPECT_TRUE(digest.empty());
  EXPECT_TRUE(digest.Add(-0x1p96));
  EXPECT_EQ(digest.min(), -0x1p96);
}

TEST(TDigestTest, SamplesBelowTheCapAreExactAtEveryQuantile) {
  std::vector<double> samples(100);
  std::iota(samples.begin(), samples.end(), 0.5);
  std::shuffle(samples.begin(), samples.end(), Random(7));
  const TDigest digest = Of(samples);
  for (int k = 0; k < 100; ++k) EXPECT_EQ(digest.Quantile((k + 0.5) / 100), k + 0.5);
  EXPECT_EQ(digest.Quantile(-1), 0.5);
  EXPECT_EQ(digest.Quantile(2), 99.5);
  EXPECT_TRUE(std::isnan(digest.Quantile(std::nan(""))));
}

TEST(TDigestTest, AConstantIsExact) {
  const TDigest digest = Of(std::vector<double>(100000, 0.1));
  for (const double q : {0.0, 0.01, 0.5, 0.999, 1.0}) EXPECT_EQ(digest.Quantile(q), 0.1);
  EXPECT_EQ(digest.Centroids().size(), 1);
  EXPECT_EQ(digest.Cdf(0.1), 0.5);
  EXPECT_EQ(digest.Cdf(0.05), 0);
  EXPECT_EQ(digest.Cdf(0.2), 1);
}

TEST(TDigestTest, FewValuesAreExactAtTheirRanks) {
  std::vector<double> samples;
  const std::vector<std::pair<double, int>> shares = {{1, 4200}, {2, 3100}, {3, 1850}, {5, 700}, {8, 150}};
  for (const auto& [value, count] : shares) {
    samples.insert(samples.end(), count, value);
  }
  std::shuffle(samples.begin(), samples.end(), Random(3));
  const TDigest digest = Of(samples);
  EXPECT_EQ(digest.Quantile(0.4199), 1);
  EXPECT_EQ(digest.Quantile(0.4201), 2);
  EXPECT_EQ(digest.Quantile(0.9149), 3);
  EXPECT_EQ(digest.Quantile(0.9151), 5);
  EXPECT_EQ(digest.Quantile(0.9849), 5);
  EXPECT_EQ(digest.Quantile(0.9851), 8);
  EXPECT_DOUBLE_EQ(digest.Cdf(2), 0.42 + 0.31 / 2);
}

TEST(TDigestTest, ATimeoutSpikeIsExactAndItsStartSharp) {
  std::vector<double> samples;
  Random random(11);
  for (int i = 0; i < 9700; ++i) samples.push_back(999 * Uniform(random));
  samples.insert(samples.end(), 300, 1000.0);
  std::shuffle(samples.begin(), samples.end(), random);
  const TDigest digest = Of(samples);
  for (const double q : {0.9701, 0.98, 0.99, 0.9999}) EXPECT_EQ(digest.Quantile(q), 1000);
  EXPECT_LT(digest.Quantile(0.9699), 1000);
}

TEST(TDigestTest, CountSumMinAndMaxAreExact) {
  const std::vector<double> samples = LogNormal(50000, 5);
  const TDigest digest = Of(samples);
  Fixed192 sum;
  for (const double sample : samples) sum += Fixed192::FromDouble(sample);
  EXPECT_EQ(digest.count(), Fixed128::FromDouble(50000));
  EXPECT_EQ(digest.sum(), sum);
  EXPECT_EQ(digest.min(), *std::min_element(samples.begin(), samples.end()));
  EXPECT_EQ(digest.max(), *std::max_element(samples.begin(), samples.end()));
}

TEST(TDigestTest, TheWeightOfAllCentroidsIsTheCount) {
  const TDigest digest = Of(LogNormal(50000, 6));
  double weight = 0;
  for (const Centroid& centroid : digest.Centroids()) weight += centroid.weight;
  EXPECT_EQ(weight, 50000);
}

TEST(TDigestTest, TheFirstAndLastCentroidAreTheExtremes) {
  const TDigest digest = Of(LogNormal(50000, 6));
  const std::vector<Centroid> centroids = digest.Centroids();
  EXPECT_EQ(centroids.front(), (Centroid{digest.min(), 1, true}));
  EXPECT_EQ(centroids.back(), (Centroid{digest.max(), 1, true}));
}

TEST(TDigestTest, CentroidsStayNearTheCompression) {
  for (const double compression : {20, 50, 100, 500, 1000}) {
    for (const size_t count : {1000, 100000}) {
      EXPECT_LE(Of(LogNormal(count, 9), compression).Centroids().size(), 1.3 * compression + 8) << compression;
    }
  }
}

// What fits the buffer is folded once: then a weight is as many copies to the bit.
TEST(TDigestTest, WeightsAreCopies) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  TDigest weighted(100, seed);
  TDigest copies(100, seed);
  for (const double sample : LogNormal(340, seed)) {
    weighted.Add(sample, 3);
    for (int copy = 0; copy < 3; ++copy) copies.Add(sample);
  }
  EXPECT_EQ(weighted.count(), copies.count());
  EXPECT_EQ(weighted.Centroids(), copies.Centroids());
}

TEST(TDigestTest, WeightsCountAsThatManySamples) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  TDigest weighted;
  std::vector<double> samples = LogNormal(2000, seed);
  std::vector<double> repeated;
  for (const double sample : samples) {
    weighted.Add(sample, 10);
    repeated.insert(repeated.end(), 10, sample);
  }
  EXPECT_EQ(weighted.count(), Fixed128::FromDouble(20000));
  const RankOracle oracle(repeated);
  for (const double q : {0.1, 0.5, 0.9}) EXPECT_LE(oracle.ErrorPpm(q, weighted.Quantile(q)), 5000) << q;
  EXPECT_EQ(oracle.ErrorPpm(0.99, weighted.Quantile(0.99)), 0);
  EXPECT_EQ(weighted.Quantile(0.9999), oracle.max());
}

TEST(TDigestTest, FewWeightedSamplesAreExact) {
  TDigest digest;
  for (int i = 1; i <= 10; ++i) digest.Add(i, 1 / 0.3);
  EXPECT_EQ(digest.Quantile(0.55), 6);
  EXPECT_NEAR(digest.count().ToDouble(), 10 / 0.3, 1e-7);
  for (const Centroid& centroid : digest.Centroids()) EXPECT_TRUE(centroid.atom);
}

TEST(TDigestTest, NegativeZeroIsZero) {
  const TDigest digest = Of({-0.0, 0.0});
  EXPECT_FALSE(std::signbit(digest.min()));
  EXPECT_EQ(digest.Centroids().size(), 1);
}

TEST(TDigestTest, QuantilesAscend) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(seed);
    TDigest digest;
    for (int i = 0; i < 5000; ++i) digest.Add(distribution.draw(random, 0));
    std::vector<double> q(2001);
    for (size_t i = 0; i < q.size(); ++i) q[i] = static_cast<double>(i) / 2000;
    std::vector<double> values(q.size());
    digest.Quantiles(q, absl::MakeSpan(values));
    for (size_t i = 1; i < q.size(); ++i) {
      EXPECT_GE(values[i], values[i - 1]) << distribution.name << " at " << q[i];
    }
    EXPECT_EQ(values.front(), digest.min());
    EXPECT_EQ(values.back(), digest.max());
  }
}

TEST(TDigestTest, QuantilesInAnyOrderAgreeWithOneAtATime) {
  const TDigest digest = Of(LogNormal(5000, 31));
  const std::vector<double> q = {0.9, 0.1, 0.999, 0.5, 0, 1};
  std::vector<double> values(q.size());
  digest.Quantiles(q, absl::MakeSpan(values));
  for (size_t i = 0; i < q.size(); ++i) EXPECT_EQ(values[i], digest.Quantile(q[i]));
}

TEST(TDigestTest, CdfInvertsQuantile) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(seed);
    TDigest digest;
    for (int i = 0; i < 20000; ++i) digest.Add(distribution.draw(random, 0));
    digest.Compress();
    for (double q = 0.01; q < 1; q += 0.01) {
      EXPECT_NEAR(digest.Cdf(digest.Quantile(q)), q, 1e-8) << distribution.name;
    }
  }
}

TEST(TDigestTest, OneHostsTailIsExactAndItsMiddleGood) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(seed);
    TDigest digest;
    std::vector<double> samples;
    for (int i = 0; i < 1000; ++i) {
      samples.push_back(distribution.draw(random, 0));
      digest.Add(samples.back());
    }
    const RankOracle oracle(samples);
    EXPECT_EQ(oracle.ErrorPpm(0.999, digest.Quantile(0.999)), 0) << distribution.name;
    EXPECT_EQ(oracle.ErrorPpm(0.99, digest.Quantile(0.99), 1e-9), 0) << distribution.name;
    EXPECT_LE(oracle.ErrorPpm(0.5, digest.Quantile(0.5), 1e-9), 6000) << distribution.name;
  }
}

TEST(TDigestTest, ALongStreamKeepsItsAccuracy) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(seed);
    TDigest digest;
    std::vector<double> samples;
    for (int i = 0; i < 200000; ++i) {
      samples.push_back(distribution.draw(random, 0));
      digest.Add(samples.back());
    }
    const RankOracle oracle(samples);
    EXPECT_LE(oracle.ErrorPpm(0.5, digest.Quantile(0.5), 1e-9), 1830) << distribution.name;
    EXPECT_LE(oracle.ErrorPpm(0.99, digest.Quantile(0.99), 1e-9), 160) << distribution.name;
    EXPECT_LE(oracle.ErrorPpm(0.999, digest.Quantile(0.999), 1e-9), 40) << distribution.name;
  }
}

TEST(TDigestTest, ZerosBesideOtherValuesStayExact) {
  Random random(43);
  std::vector<double> samples;
  for (int i = 0; i < 20000; ++i) samples.push_back(Uniform(random) < 0.6 ? 0 : std::exp(2 * Normal(random)));
  const TDigest digest = Of(samples);
  EXPECT_EQ(digest.Quantile(0.5), 0);
  EXPECT_EQ(digest.Quantile(0.59), 0);
  EXPECT_LE(RankOracle(samples).ErrorPpm(0.99, digest.Quantile(0.99)), 100);
}

TEST(TDigestTest, EqualSamplesInAnyOrderGiveEqualBytes) {
  std::vector<double> samples = LogNormal(1000, 47);
  const std::string bytes = Bytes(Of(samples));
  for (int round = 0; round < 5; ++round) {
    std::shuffle(samples.begin(), samples.end(), Random(round));
    EXPECT_EQ(Bytes(Of(samples)), bytes);
  }
}

TEST(TDigestTest, CompressChangesNoExactField) {
  TDigest digest = Of(LogNormal(700, 53));
  digest.Add(3, 2.5);
  const TDigest before = digest;
  digest.Compress();
  EXPECT_EQ(digest.count(), before.count());
  EXPECT_EQ(digest.sum(), before.sum());
  EXPECT_EQ(digest.min(), before.min());
  EXPECT_EQ(digest.max(), before.max());
  EXPECT_EQ(digest.Quantile(0.5), before.Quantile(0.5));
}

TEST(TDigestTest, MergeOfNothingChangesNothing) {
  TDigest digest = Of({1, 2, 3});
  const TDigest empty;
  digest.Merge({&empty});
  EXPECT_EQ(Bytes(digest), Bytes(Of({1, 2, 3})));
  TDigest none;
  none.Merge({&empty});
  EXPECT_TRUE(none.empty());
}

TEST(TDigestTest, MergeBelowTheCapEqualsAddingAll) {
  TDigest a = Of({1, 2, 2, 5});
  const TDigest b = Of({2, 7});
  a.Merge({&b});
  EXPECT_EQ(Bytes(a), Bytes(Of({1, 2, 2, 5, 2, 7})));
}

TEST(TDigestTest, MergeDoesNotDependOnOrder) {
  const TDigest a = Of(LogNormal(3000, 1));
  const TDigest b = Of(LogNormal(200, 2));
  const TDigest c = Of(LogNormal(1000, 3));
  TDigest ab = a;
  ab.Merge({&b, &c});
  TDigest ca = c;
  ca.Merge({&b, &a});
  EXPECT_EQ(Bytes(ab), Bytes(ca));
}

TEST(TDigestTest, MergeInAnyGroupingKeepsExactFieldsAndTheBound) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(seed);
  std::vector<double> all;
  std::vector<TDigest> digests;
  for (int i = 0; i < 8; ++i) {
    const std::vector<double> samples = LogNormal(2000, seed + i);
    all.insert(all.end(), samples.begin(), samples.end());
    digests.push_back(Of(samples, 100, i + 1));
  }
  TDigest chain;
  for (const TDigest& digest : digests) chain.Merge({&digest});
  TDigest at_once;
  std::vector<const TDigest*> pointers;
  for (const TDigest& digest : digests) pointers.push_back(&digest);
  at_once.Merge(pointers);
  EXPECT_EQ(chain.count(), at_once.count());
  EXPECT_EQ(chain.sum(), at_once.sum());
  EXPECT_EQ(chain.max(), at_once.max());
  const RankOracle oracle(all);
  for (const TDigest* merged : {&chain, &at_once}) {
    EXPECT_LE(oracle.ErrorPpm(0.5, merged->Quantile(0.5)), 2100);
    EXPECT_LE(oracle.ErrorPpm(0.99, merged->Quantile(0.99)), 375);
  }
}

TEST(TDigestTest, MergeWithItselfDoublesTheWeight) {
  TDigest digest = Of({1, 2, 3});
  digest.Merge({&digest});
  EXPECT_EQ(digest.count(), Fixed128::FromDouble(6));
  EXPECT_EQ(digest.Quantile(0.5), 2);
}

TEST(TDigestTest, RecompressedKeepsExactFieldsAndTheTail) {
  const std::vector<double> samples = LogNormal(100000, 61);
  const TDigest fine = Of(samples, 500);
  const TDigest coarse = fine.Recompressed(100);
  EXPECT_EQ(coarse.compression(), 100);
  EXPECT_EQ(coarse.count(), fine.count());
  EXPECT_EQ(coarse.sum(), fine.sum());
  EXPECT_LT(coarse.Centroids().size(), fine.Centroids().size() / 3);
  EXPECT_LE(RankOracle(samples).ErrorPpm(0.99, coarse.Quantile(0.99)), 100);
}

TEST(TDigestTest, FromCentroidsKeepsThemAndWidensMinAndMax) {
  const std::vector<Centroid> given = {{5, 10, false}, {1, 1, true}, {9, 1, true}};
  const auto digest = TDigest::FromCentroids(given, 2, 20, 100);
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(digest->min(), 1);
  EXPECT_EQ(digest->max(), 20);
  EXPECT_EQ(digest->count(), Fixed128::FromDouble(12));
  EXPECT_EQ(digest->sum(), Fixed192::FromDouble(60));
  EXPECT_EQ(digest->Quantile(1), 20);
}

TEST(TDigestTest, FromCentroidsRefusesWhatAddRefuses) {
  EXPECT_FALSE(TDigest::FromCentroids({{1, 0, true}}, 1, 1, 100).ok());
  EXPECT_FALSE(TDigest::FromCentroids({{std::nan(""), 1, true}}, 1, 1, 100).ok());
  EXPECT_FALSE(TDigest::FromCentroids({{1, 1, true}}, kInfinity, 1, 100).ok());
  EXPECT_FALSE(TDigest::FromCentroids(std::vector<Centroid>(TDigest::kMaxCentroids + 1, {1, 1, true}), 1, 1, 100).ok());
}

// Found by fuzzing: averages of values that differ in the last bits of a logarithm.
TEST(TDigestTest, ArithmeticMeansAscendWhereTheLogarithmIsTooCoarse) {
  const std::string bytes = absl::HexStringToBytes(
      "012817f2010302c02f0388e3400808808008088080c004088080c003241480808002158080b00425abd5fa0745d5aac60781"
      "0180b0bb07dd0180b89707dd0180984400ffffff0780ffdd02b901c0bee0019901808ed9017d80d47d69e09f5955cbae4e45"
      "95c34234a0af3831ebdd2621afd5803003000305a07ffa");
  const absl::StatusOr<TDigest> digest = TDigest::Decode(bytes);
  ASSERT_TRUE(digest.ok()) << digest.status();
  TDigestMerger merger;
  merger.Add(*digest, 1);
  merger.Add(*digest, 2);
  const std::vector<Centroid> centroids = merger.Finish(100).Centroids();
  ASSERT_GT(centroids.size(), 20u);
  for (size_t i = 1; i < centroids.size(); ++i) EXPECT_LE(centroids[i - 1].mean, centroids[i].mean) << i;
}

TEST(TDigestTest, SmallDigestsAreSmall) {
  EXPECT_LE(sizeof(TDigest), 64);
  TDigest digest;
  EXPECT_LE(digest.MemoryBytes(), 64);
  for (int i = 0; i < 10; ++i) digest.Add(i);
  EXPECT_LE(digest.MemoryBytes(), 320);
}

TEST(TDigestTest, ConstMembersMayRunAtOnce) {
  TDigest digest = Of(LogNormal(900, 67));
  const double expected = digest.Quantile(0.9);
  std::vector<double> seen(4);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < seen.size(); ++i) {
    readers.emplace_back([&digest, &seen, i] { seen[i] = digest.Quantile(0.9); });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_THAT(seen, testing::Each(expected));
}

}  // namespace
}  // namespace tributary
