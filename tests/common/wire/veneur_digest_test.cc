#include "common/wire/veneur_digest.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/golden_bytes.h"
#include "veneur/tdigest.pb.h"

namespace tributary {
namespace {

// Written by Veneur 14.2's own tdigest: 1,000 samples x >> 40 of the sequence x = 6364136223846793005 x +
// 1442695040888963407 from 1, divided by 1,000, plus 0.5; then 7 a hundred times with weight 10. What it says of them
// stands here.
TEST(VeneurDigestTest, ReadsWhatTheOriginalWrote) {
  const absl::StatusOr<VeneurDigest> read = DecodeVeneurDigest(GoldenBytes("tdigest_veneur_14.hex"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->digest.count().ToDouble(), 2000);
  EXPECT_NEAR(read->digest.sum().ToDouble(), 8.529417969000002e+06, 1e-5);
  EXPECT_EQ(read->digest.min(), 7);
  EXPECT_EQ(read->digest.max(), 16742.013);
  EXPECT_NEAR(read->digest.Quantile(0.99), 16413.57, 20);
  EXPECT_DOUBLE_EQ(read->reciprocal_sum, 143.37597352606394);
}

TDigest LogNormal(int count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> samples(0, 2);
  TDigest digest;
  for (int i = 0; i < count; ++i) digest.Add(samples(random));
  return digest;
}

TEST(VeneurDigestTest, WritesUnitCentroidsAtBothEndsAndLosesNoWeight) {
  for (const int count : {1, 2, 5, 5000}) {
    const TDigest digest = LogNormal(count);
    tdigest::MergingDigestData data;
    ASSERT_TRUE(data.ParseFromString(EncodeVeneurDigest(digest, 3.5)));
    double weight = 0;
    double mean = -std::numeric_limits<double>::infinity();
    for (const tdigest::Centroid& centroid : data.main_centroids()) {
      weight += centroid.weight();
      EXPECT_GE(centroid.mean(), mean);
      mean = centroid.mean();
    }
    EXPECT_EQ(weight, count);
    EXPECT_EQ(data.main_centroids(0).mean(), digest.min());
    EXPECT_EQ(data.main_centroids(0).weight(), 1);
    EXPECT_EQ(data.main_centroids().rbegin()->mean(), digest.max());
    EXPECT_EQ(data.main_centroids().rbegin()->weight(), 1);
    EXPECT_EQ(data.min(), digest.min());
    EXPECT_EQ(data.max(), digest.max());
    EXPECT_EQ(data.reciprocalsum(), 3.5);
  }
}

TEST(VeneurDigestTest, EqualSamplesKeepUnitEnds) {
  TDigest digest;
  for (int i = 0; i < 10; ++i) digest.Add(42);
  tdigest::MergingDigestData data;
  ASSERT_TRUE(data.ParseFromString(EncodeVeneurDigest(digest, 0)));
  ASSERT_EQ(data.main_centroids_size(), 3);
  EXPECT_EQ(data.main_centroids(1).weight(), 8);
}

TEST(VeneurDigestTest, ComesBackWithinTheError) {
  const TDigest digest = LogNormal(5000);
  const absl::StatusOr<VeneurDigest> read = DecodeVeneurDigest(EncodeVeneurDigest(digest, 1));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->digest.count(), digest.count());
  for (const double q : {0.1, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(digest.Cdf(read->digest.Quantile(q)), q, 1e-3) << q;
  }
}

TEST(VeneurDigestTest, EmptyComesBackEmpty) {
  const absl::StatusOr<VeneurDigest> read = DecodeVeneurDigest(EncodeVeneurDigest(TDigest(), 0));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->digest.empty());
}

TEST(VeneurDigestTest, RefusesWhatCannotBeADigest) {
  tdigest::MergingDigestData good;
  good.set_compression(100);
  good.set_min(1);
  good.set_max(2);
  good.add_main_centroids()->set_mean(1.5);
  good.mutable_main_centroids(0)->set_weight(1);
  ASSERT_TRUE(DecodeVeneurDigest(good.SerializeAsString()).ok());

  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -infinity}) {
    tdigest::MergingDigestData data = good;
    data.mutable_main_centroids(0)->set_mean(bad);
    EXPECT_FALSE(DecodeVeneurDigest(data.SerializeAsString()).ok());
    data = good;
    data.set_min(bad);
    EXPECT_FALSE(DecodeVeneurDigest(data.SerializeAsString()).ok());
    data = good;
    data.set_reciprocalsum(bad);
    EXPECT_FALSE(DecodeVeneurDigest(data.SerializeAsString()).ok());
  }
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    tdigest::MergingDigestData data = good;
    data.mutable_main_centroids(0)->set_weight(bad);
    EXPECT_FALSE(DecodeVeneurDigest(data.SerializeAsString()).ok()) << bad;
  }
  EXPECT_FALSE(DecodeVeneurDigest("\x0a\xff").ok());
  EXPECT_FALSE(DecodeVeneurDigest(std::string((1 << 20) + 1, '\0')).ok());
}

}  // namespace
}  // namespace tributary
