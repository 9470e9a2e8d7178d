#include "common/sketch/tdigest_merger.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/common/sketch/rank_oracle.h"

namespace tributary {
namespace {

constexpr int kSamplesPerHost = 1000;
constexpr double kOwnerCompression = 500;

std::string Bytes(const TDigest& digest) {
  std::string bytes;
  digest.Encode(bytes);
  return bytes;
}

// As it arrives: published, sent, read.
TDigest Sent(const TDigest& digest) {
  absl::StatusOr<TDigest> read = TDigest::Decode(Bytes(digest));
  EXPECT_TRUE(read.ok()) << read.status();
  return *std::move(read);
}

struct Fleet {
  std::vector<TDigest> digests;
  std::vector<double> samples;
};

Fleet MakeFleet(const Distribution& distribution, int hosts, uint64_t seed, int samples_per_host = kSamplesPerHost) {
  Random random(seed);
  Fleet fleet;
  for (int host = 0; host < hosts; ++host) {
    TDigest digest(100, seed * 1000003 + host);
    for (int i = 0; i < samples_per_host; ++i) {
      fleet.samples.push_back(distribution.draw(random, host));
      EXPECT_TRUE(digest.Add(fleet.samples.back()));
    }
    fleet.digests.push_back(Sent(digest));
  }
  return fleet;
}

TDigest MergeOneHop(const std::vector<TDigest>& digests) {
  TDigestMerger merger;
  for (size_t host = 0; host < digests.size(); ++host) merger.Add(digests[host], host);
  return merger.Finish(kOwnerCompression);
}

TDigest MergeTwoHops(const std::vector<TDigest>& digests) {
  const size_t middles = std::lround(std::sqrt(digests.size()));
  std::vector<TDigestMerger> middle(middles);
  for (size_t host = 0; host < digests.size(); ++host) middle[host % middles].Add(digests[host], host);
  std::vector<TDigest> merged;
  for (const TDigestMerger& one : middle) merged.push_back(Sent(one.Finish(kOwnerCompression)));
  return MergeOneHop(merged);
}

Distribution Named(const std::string& name) {
  for (const Distribution& distribution : SmoothDistributions()) {
    if (distribution.name == name) return distribution;
  }
  return {};
}

class FleetTest : public testing::TestWithParam<Distribution> {};

// The mean of several fleets, in millionths of rank, by quantile.
void ExpectFleetErrors(const Distribution& distribution, TDigest (*merge)(const std::vector<TDigest>&)) {
  constexpr int kFleets = 5;
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  for (uint64_t seed = 1; seed <= kFleets; ++seed) {
    const Fleet fleet = MakeFleet(distribution, 100, seed);
    const TDigest merged = Sent(merge(fleet.digests));
    const RankOracle oracle(fleet.samples);
    p50 += oracle.ErrorPpm(0.5, merged.Quantile(0.5), 1e-9) / kFleets;
    p99 += oracle.ErrorPpm(0.99, merged.Quantile(0.99), 1e-9) / kFleets;
    p999 += oracle.ErrorPpm(0.999, merged.Quantile(0.999), 1e-7) / kFleets;
    EXPECT_EQ(merged.min(), oracle.min());
    EXPECT_EQ(merged.max(), oracle.max());
    EXPECT_EQ(merged.count(), Fixed128::FromDouble(static_cast<double>(oracle.size())));
  }
  EXPECT_LE(p50, 400) << "seeds 1 to " << kFleets;
  EXPECT_LE(p99, 40) << "seeds 1 to " << kFleets;
  EXPECT_LE(p999, 12) << "seeds 1 to " << kFleets;
}

TEST_P(FleetTest, AHundredHostsMergeWithinTheBound) { ExpectFleetErrors(GetParam(), MergeOneHop); }

TEST_P(FleetTest, TwoHopsStayWithinTheBound) { ExpectFleetErrors(GetParam(), MergeTwoHops); }

INSTANTIATE_TEST_SUITE_P(Smooth, FleetTest, testing::ValuesIn(SmoothDistributions()),
                         [](const auto& suite) { return suite.param.name; });

TEST(TDigestMergerTest, EmptyFinishesEmpty) {
  TDigestMerger merger;
  merger.Add(TDigest(), 1);
  EXPECT_TRUE(merger.empty());
  EXPECT_TRUE(std::isnan(merger.min()));
  EXPECT_TRUE(merger.Finish(100).empty());
}

TEST(TDigestMergerTest, AnyOrderGivesEqualBytes) {
  const Fleet fleet = MakeFleet(Named("lognormal2"), 60, 5);
  const std::string bytes = Bytes(MergeOneHop(fleet.digests));
  std::vector<size_t> order(fleet.digests.size());
  std::iota(order.begin(), order.end(), 0);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(order.begin(), order.end(), Random(round));
    TDigestMerger merger;
    for (const size_t host : order) merger.Add(fleet.digests[host], host);
    EXPECT_EQ(Bytes(merger.Finish(kOwnerCompression)), bytes) << "seed " << round;
  }
}

// The protocol's own size, by the bound that owners have.
TEST(TDigestMergerTest, AThousandHostsMergeToTheSameBytesInAnyOrder) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  const Fleet fleet = MakeFleet(Named("lognormal2"), 1000, seed % 1000);
  std::vector<size_t> order(fleet.digests.size());
  std::iota(order.begin(), order.end(), 0);
  std::string bytes;
  for (int round = 0; round < 3; ++round) {
    TDigestMerger merger;
    for (const size_t host : order) merger.Add(fleet.digests[host], host);
    EXPECT_FALSE(merger.approximate_order());
    EXPECT_LE(merger.MemoryBytes(), 3 << 20);
    const std::string merged = Bytes(merger.Finish(kOwnerCompression));
    if (round > 0) {
      EXPECT_TRUE(merged == bytes);
    }
    bytes = merged;
    std::shuffle(order.begin(), order.end(), Random(seed + round));
  }
}

TEST(TDigestMergerTest, TiesOfTheMeanDoNotDependOnOrder) {
  std::vector<TDigest> digests;
  for (int i = 0; i < 200; ++i) {
    std::vector<Centroid> centroids;
    for (int k = 0; k < 10; ++k) {
      centroids.push_back({1e9 + k % 3 * 1e-6, 1 + (i * 7 + k) % 5 / 3.0, (i + k) % 2 == 0});
    }
    digests.push_back(*TDigest::FromCentroids(centroids, 1e9, 1e9 + 1, 100));
  }
  const std::string bytes = Bytes(MergeOneHop(digests));
  std::reverse(digests.begin(), digests.end());
  EXPECT_EQ(Bytes(MergeOneHop(digests)), bytes);
}

TEST(TDigestMergerTest, ADigestThatIsGivenAwayCountsTheSame) {
  const Fleet fleet = MakeFleet(Named("lognormal2"), 20, 13);
  TDigest waiting(100, 1);
  for (int i = 0; i < 50; ++i) waiting.Add(i);
  TDigestMerger kept;
  TDigestMerger taken;
  for (size_t host = 0; host < fleet.digests.size(); ++host) {
    kept.Add(fleet.digests[host], host);
    taken.Add(TDigest(fleet.digests[host]), host);
  }
  kept.Add(waiting, 99);
  taken.Add(std::move(waiting), 99);
  taken.Add(TDigest(), 100);
  EXPECT_EQ(taken.count(), kept.count());
  EXPECT_EQ(Bytes(taken.Finish(kOwnerCompression)), Bytes(kept.Finish(kOwnerCompression)));
}

TEST(TDigestMergerTest, FinishMayBeRepeatedAndInterrupted) {
  const Fleet fleet = MakeFleet(Named("exponential"), 10, 6);
  TDigestMerger merger;
  for (size_t host = 0; host < 10; ++host) {
    merger.Add(fleet.digests[host], host);
    merger.Finish(kOwnerCompression);
  }
  EXPECT_EQ(Bytes(merger.Finish(kOwnerCompression)), Bytes(MergeOneHop(fleet.digests)));
  EXPECT_EQ(Bytes(merger.Finish(kOwnerCompression)), Bytes(MergeOneHop(fleet.digests)));
}

// What a hundred hops more move a quantile by, as the mean of ten fleets: one fleet's figure is a draw from a long
// tail.
TEST(TDigestMergerTest, ManyHopsDoNotDrift) {
  constexpr int kFleets = 10;
  const std::vector<std::pair<double, double>> bounds_ppm = {{0.5, 65}, {0.9, 40}, {0.99, 25}, {0.999, 6}};
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  for (const char* name : {"lognormal2", "uniform", "bimodal"}) {
    std::map<double, double> drift;
    for (int i = 0; i < kFleets; ++i) {
      const Fleet fleet = MakeFleet(Named(name), 50, seed + i);
      const RankOracle oracle(fleet.samples);
      const TDigest first = Sent(MergeOneHop(fleet.digests));
      TDigest last = first;
      for (int hop = 0; hop < 100; ++hop) last = Sent(MergeOneHop({last}));
      EXPECT_EQ(last.min(), oracle.min());
      EXPECT_EQ(last.max(), oracle.max());
      EXPECT_EQ(last.count(), Fixed128::FromDouble(static_cast<double>(oracle.size())));
      for (const auto& [q, bound] : bounds_ppm) {
        drift[q] += std::fabs(oracle.ErrorPpm(q, last.Quantile(q)) - oracle.ErrorPpm(q, first.Quantile(q))) / kFleets;
      }
    }
    for (const auto& [q, bound] : bounds_ppm) EXPECT_LE(drift[q], bound) << name << " q " << q;
  }
}

TEST(TDigestMergerTest, OneDigestOfFewValuesIsUnchanged) {
  TDigest digest(500);
  for (const double value : {3.0, 1.0, 2.0, 2.0}) digest.Add(value);
  TDigestMerger merger;
  merger.Add(digest, 1);
  EXPECT_EQ(Bytes(merger.Finish(500)), Bytes(digest));
}

TEST(TDigestMergerTest, FewValuesOfAWholeFleetAreExact) {
  const Distribution few{"few", [](Random& r, int) {
                           return Uniform(r) < 0.7 ? 0.1 : Uniform(r) < 0.9 ? 0.2 : 12.345;
                         }};
  const Fleet fleet = MakeFleet(few, 100, 8);
  const TDigest merged = MergeTwoHops(fleet.digests);
  EXPECT_EQ(merged.Centroids().size(), 3);
  const RankOracle oracle(fleet.samples);
  for (double q = 0.005; q < 1; q += 0.01) EXPECT_EQ(oracle.ErrorPpm(q, merged.Quantile(q), 0), 0) << q;
}

TEST(TDigestMergerTest, ATimeoutOfAWholeFleetIsExact) {
  const Distribution timeout{
      "timeout", [](Random& r, int) { return Uniform(r) < 0.97 ? 50 * std::exp(0.6 * Normal(r)) : 1000.0; }};
  const Fleet fleet = MakeFleet(timeout, 100, 9);
  const TDigest merged = MergeTwoHops(fleet.digests);
  EXPECT_EQ(merged.Quantile(0.98), 1000);
  EXPECT_EQ(merged.Quantile(0.99), 1000);
}

TEST(TDigestMergerTest, DisjointHostsKeepTheTail) {
  int next = 0;
  const Distribution sequential{"sequential", [&next](Random&, int) { return static_cast<double>(++next); }};
  const Fleet fleet = MakeFleet(sequential, 100, 1);
  const RankOracle oracle(fleet.samples);
  EXPECT_LE(oracle.ErrorPpm(0.99, MergeOneHop(fleet.digests).Quantile(0.99)), 20);
  EXPECT_LE(oracle.ErrorPpm(0.99, MergeTwoHops(fleet.digests).Quantile(0.99)), 100);
}

TEST(TDigestMergerTest, SkewedHostSizesKeepTheTail) {
  Random random(4);
  Fleet fleet = MakeFleet(Named("lognormal2"), 99, 4, 10);
  TDigest big(100, 77);
  for (int i = 0; i < 100000; ++i) {
    fleet.samples.push_back(std::exp(2 * Normal(random)));
    big.Add(fleet.samples.back());
  }
  fleet.digests.push_back(Sent(big));
  const RankOracle oracle(fleet.samples);
  const TDigest merged = MergeOneHop(fleet.digests);
  EXPECT_LE(oracle.ErrorPpm(0.5, merged.Quantile(0.5)), 3000);
  EXPECT_LE(oracle.ErrorPpm(0.99, merged.Quantile(0.99)), 100);
}

TEST(TDigestMergerTest, AboveTheBufferItStaysBoundedAndSaysSo) {
  const Fleet fleet = MakeFleet(Named("lognormal2"), 600, 10);
  TDigestMerger small(TDigestMerger::kMinBufferCentroids);
  for (size_t host = 0; host < fleet.digests.size(); ++host) small.Add(fleet.digests[host], host * 0x9E3779B97F4A7C15);
  EXPECT_TRUE(small.approximate_order());
  EXPECT_LE(small.MemoryBytes(), 4 * TDigestMerger::kMinBufferCentroids * sizeof(Centroid));
  const TDigest merged = small.Finish(kOwnerCompression);
  const RankOracle oracle(fleet.samples);
  EXPECT_EQ(merged.count(), Fixed128::FromDouble(600000));
  EXPECT_EQ(merged.max(), oracle.max());
  EXPECT_LE(oracle.ErrorPpm(0.5, merged.Quantile(0.5)), 1000);
  EXPECT_LE(oracle.ErrorPpm(0.99, merged.Quantile(0.99)), 300);
}

// A long query: many rows, of few sources or of one, through many compactions.
TEST(TDigestMergerTest, CompactionKeepsRanksHoweverTheSourcesSpread) {
  constexpr int kRows = 1500;
  for (const char* name : {"lognormal2", "bimodal"}) {
    const Fleet fleet = MakeFleet(Named(name), kRows, 12);
    const RankOracle oracle(fleet.samples);
    for (const uint64_t sources : {1, 3, 50, 600}) {
      TDigestMerger merger(TDigestMerger::kMinBufferCentroids);
      for (int row = 0; row < kRows; ++row) merger.Add(fleet.digests[row], (row % sources) * 0x9E3779B97F4A7C15);
      EXPECT_TRUE(merger.approximate_order());
      EXPECT_LE(merger.MemoryBytes(), 4 * TDigestMerger::kMinBufferCentroids * sizeof(Centroid));
      const TDigest merged = merger.Finish(kOwnerCompression);
      for (const double q : {0.1, 0.25, 0.5, 0.75, 0.9}) {
        EXPECT_LE(oracle.ErrorPpm(q, merged.Quantile(q)), 1000)
            << name << " q " << q << " of " << sources << " sources";
      }
      EXPECT_LE(oracle.ErrorPpm(0.99, merged.Quantile(0.99)), 200) << name << " of " << sources << " sources";
    }
  }
}

TEST(TDigestMergerTest, BelowTheBufferTheOrderIsExact) {
  const Fleet fleet = MakeFleet(Named("uniform"), 20, 11);
  TDigestMerger merger;
  for (size_t host = 0; host < fleet.digests.size(); ++host) merger.Add(fleet.digests[host], host);
  EXPECT_FALSE(merger.approximate_order());
}

}  // namespace
}  // namespace tributary
