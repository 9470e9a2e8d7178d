// The wire form of TDigest.

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/sketch/tdigest.h"
#include "gtest/gtest.h"
#include "tests/common/sketch/rank_oracle.h"
#include "tests/support/golden_bytes.h"

namespace tributary {
namespace {

TDigest Of(const std::vector<double>& samples, double compression = 100) {
  TDigest digest(compression);
  for (const double sample : samples) EXPECT_TRUE(digest.Add(sample));
  return digest;
}

std::string Bytes(const TDigest& digest) {
  std::string bytes;
  digest.Encode(bytes);
  return bytes;
}

TDigest Read(const std::string& bytes) {
  absl::StatusOr<TDigest> digest = TDigest::Decode(bytes);
  EXPECT_TRUE(digest.ok()) << digest.status();
  return *std::move(digest);
}

// What every digest promises, however it came to be.
void ExpectInvariants(const TDigest& digest) {
  const std::vector<Centroid> centroids = digest.Centroids();
  ASSERT_EQ(centroids.empty(), digest.empty());
  if (digest.empty()) return;
  EXPECT_LE(digest.min(), digest.max());
  EXPECT_GT(digest.count().ToDouble(), 0);
  double before = digest.min();
  for (const Centroid& centroid : centroids) {
    EXPECT_GE(centroid.mean, before);
    EXPECT_LE(centroid.mean, digest.max());
    EXPECT_GT(centroid.weight, 0);
    before = centroid.mean;
  }
  double last = digest.min();
  for (const double q : {0.0, 0.01, 0.3, 0.5, 0.9, 0.99, 1.0}) {
    const double value = digest.Quantile(q);
    EXPECT_GE(value, last - 1e-9 * std::fabs(last));
    EXPECT_LE(value, digest.max());
    last = value;
  }
}

void ExpectSameExactFields(const TDigest& a, const TDigest& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.sum(), b.sum());
  EXPECT_EQ(a.min(), b.min());
  EXPECT_EQ(a.max(), b.max());
  EXPECT_EQ(a.compression(), b.compression());
}

TEST(TDigestCodecTest, EmptyComesBack) {
  const TDigest digest = Read(Bytes(TDigest(123)));
  EXPECT_TRUE(digest.empty());
  EXPECT_EQ(digest.compression(), 123);
}

TEST(TDigestCodecTest, ExactFieldsComeBackForEveryDistribution) {
  for (const Distribution& distribution : SmoothDistributions()) {
    for (const int count : {1, 2, 10, 100, 1000, 5000}) {
      Random random(count);
      TDigest digest;
      for (int i = 0; i < count; ++i) digest.Add(distribution.draw(random, 0), i % 7 == 0 ? 1 / 0.3 : 1);
      SCOPED_TRACE(distribution.name);
      const TDigest read = Read(Bytes(digest));
      ExpectSameExactFields(read, digest);
      ExpectInvariants(read);
    }
  }
}

// Of averages at least 14 bits travel, the half of the last is lost at most; where nothing is averaged all of a float.
void ExpectMeansComeBack(int samples, double error) {
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(3);
    TDigest digest;
    for (int i = 0; i < samples; ++i) digest.Add(distribution.draw(random, 0));
    const std::vector<Centroid> sent = digest.Centroids();
    const std::vector<Centroid> read = Read(Bytes(digest)).Centroids();
    ASSERT_EQ(read.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(read[i].weight, sent[i].weight);
      EXPECT_EQ(read[i].atom, sent[i].atom);
      const double scale = distribution.name == "offset" ? sent[i].mean - digest.min() : std::fabs(sent[i].mean);
      EXPECT_NEAR(read[i].mean, sent[i].mean, error * scale) << distribution.name;
    }
  }
}

TEST(TDigestCodecTest, MeansComeBackWithin14Bits) { ExpectMeansComeBack(1000, 0x1p-14); }

TEST(TDigestCodecTest, SingleValuesComeBackWithinAFloat) { ExpectMeansComeBack(100, 0x1p-24); }

// Where a distribution ends abruptly, or is far from zero, relative precision says little: there bits are kept.
TEST(TDigestCodecTest, RoundingMovesNoRank) {
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(11);
    TDigest digest;
    for (int i = 0; i < 100000; ++i) digest.Add(distribution.draw(random, 0));
    const TDigest sent = digest.Recompressed(100);
    const TDigest read = Read(Bytes(digest));
    // By a sample, and by the granularity that the writer aims at, 1e-4 of the nearer tail.
    for (const double q : {0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 0.9999}) {
      EXPECT_NEAR(sent.Cdf(read.Quantile(q)), sent.Cdf(sent.Quantile(q)), 1e-5 + 3e-4 * std::min(q, 1 - q))
          << distribution.name << " " << q;
    }
  }
}

TEST(TDigestCodecTest, DecimalsComeBackExactly) {
  const std::vector<double> samples = {0.1, 0.25, 12.345, 99.999, 100, 1000.5, 7};
  const std::vector<Centroid> read = Read(Bytes(Of(samples))).Centroids();
  EXPECT_EQ(read, Of(samples).Centroids());
}

TEST(TDigestCodecTest, RepeatedValuesComeBackExactly) {
  const std::vector<double> samples = {0, 1 / 3.0, 1 / 3.0, 0.7131317, 2 / 3.0, 2 / 3.0, 1};
  const TDigest read = Read(Bytes(Of(samples)));
  EXPECT_EQ(read.Quantile(2.0 / 7), 1 / 3.0);
  EXPECT_EQ(read.Quantile(4.5 / 7), 2 / 3.0);
}

TEST(TDigestCodecTest, DenormalAndHugeValuesComeBack) {
  const TDigest digest = Of({-0x1p96, -1e-310, 0, 5e-324, 1e-300, 0x1p96});
  const TDigest read = Read(Bytes(digest));
  ExpectSameExactFields(read, digest);
  EXPECT_EQ(read.Centroids(), digest.Centroids());
}

TEST(TDigestCodecTest, HugeAndTinyWeightsComeBack) {
  TDigest digest;
  digest.Add(1, 0x1p64);
  digest.Add(2, 0x1p-30);
  digest.Add(2, 0x1p64);
  const TDigest read = Read(Bytes(digest));
  ExpectSameExactFields(read, digest);
  ExpectInvariants(read);
}

TEST(TDigestCodecTest, ReadingAndWritingAgainChangesNoByte) {
  for (const Distribution& distribution : SmoothDistributions()) {
    Random random(5);
    TDigest digest;
    for (int i = 0; i < 3000; ++i) digest.Add(distribution.draw(random, 0));
    const std::string once = Bytes(digest);
    const std::string twice = Bytes(Read(once));
    EXPECT_EQ(Bytes(Read(twice)), twice) << distribution.name;
  }
}

TEST(TDigestCodecTest, SizesAreSmall) {
  EXPECT_LE(Bytes(Of({0.123456789})).size(), 16);
  EXPECT_LE(Bytes(Of(std::vector<double>(1000, 42))).size(), 12);
  Random random(9);
  for (const auto& [count, most] : std::vector<std::pair<int, size_t>>{{2, 26}, {10, 64}, {1000, 290}}) {
    std::vector<double> samples(count);
    for (double& sample : samples) sample = std::exp(2 * Normal(random));
    EXPECT_LE(Bytes(Of(samples)).size(), most) << count;
  }
  // Whole milliseconds, and tenths.
  std::vector<double> whole(10);
  std::vector<double> tenths(10);
  for (int i = 0; i < 10; ++i) {
    whole[i] = 10 + 7 * i;
    tenths[i] = (103 + 77 * i) / 10.0;
  }
  EXPECT_LE(Bytes(Of(whole)).size(), 24);
  EXPECT_LE(Bytes(Of(tenths)).size(), 44);
}

TEST(TDigestCodecTest, EveryTruncationIsRefused) {
  Random random(13);
  std::vector<double> samples(300);
  for (double& sample : samples) sample = Normal(random);
  const std::string bytes = Bytes(Of(samples));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(TDigest::Decode(absl::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(TDigest::Decode(bytes + "x").ok());
}

TEST(TDigestCodecTest, MutatedBytesAreRefusedOrValid) {
  constexpr uint64_t kSeed = 17;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  int accepted = 0;
  for (const Distribution& distribution : SmoothDistributions()) {
    TDigest digest(50);
    for (int i = 0; i < 400; ++i) digest.Add(distribution.draw(random, 0), i % 3 == 0 ? 2.5 : 1);
    const std::string bytes = Bytes(digest);
    for (int round = 0; round < 3000; ++round) {
      std::string mutated = bytes;
      for (uint64_t k = 0; k <= random() % 3; ++k) {
        mutated[random() % (round % 2 == 0 ? mutated.size() : 40)] = static_cast<char>(random());
      }
      const absl::StatusOr<TDigest> read = TDigest::Decode(mutated);
      if (!read.ok()) continue;
      ++accepted;
      ExpectInvariants(*read);
      EXPECT_TRUE(TDigest::Decode(Bytes(*read)).ok());
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(TDigestCodecTest, OtherVersionsAndHugeClaimsAreRefused) {
  std::string bytes = Bytes(Of({1, 2}));
  ASSERT_TRUE(TDigest::Decode(bytes).ok());
  for (const char version : {'\0', '\3', '\x81'}) {
    bytes[0] = version;
    EXPECT_FALSE(TDigest::Decode(bytes).ok());
  }
  EXPECT_FALSE(TDigest::Decode(absl::string_view("\x02\x64\xff\x7f\x30\x00\x01\x40\x02\x40\x00\x00\x00", 13)).ok());
  EXPECT_FALSE(TDigest::Decode(absl::string_view("\x01\x64\xff\xff\xff\xff\x0f\x00\x07", 9)).ok());
}

// 500 squares, one repeated, one weighted. Version 2 was made of version 1 by another program.
TEST(TDigestCodecTest, GoldenBytes) {
  TDigest digest(40);
  for (int i = 1; i <= 500; ++i) digest.Add(i * i / 8.0);
  for (int i = 0; i < 50; ++i) digest.Add(40000);
  digest.Add(3, 2.5);
  EXPECT_EQ(absl::BytesToHexString(Bytes(digest)), absl::BytesToHexString(GoldenBytes("tdigest_v2.hex")));
  for (const char* name : {"tdigest_v1.hex", "tdigest_v2.hex"}) {
    SCOPED_TRACE(name);
    const TDigest read = Read(GoldenBytes(name));
    EXPECT_EQ(read.count().ToDouble(), 552.5);
    EXPECT_EQ(read.sum().ToDouble(), 500.0 * 501 * 1001 / 6 / 8 + 50 * 40000 + 7.5);
    EXPECT_EQ(read.max(), 40000);
    EXPECT_EQ(read.Quantile(0.95), 40000);
  }
}

// Rows in the bytes of version 1 are those of version 2, to the bits that averages lose.
TEST(TDigestCodecTest, BothVersionsReadTheSame) {
  const std::vector<Centroid> first = Read(GoldenBytes("tdigest_v1.hex")).Centroids();
  const std::vector<Centroid> second = Read(GoldenBytes("tdigest_v2.hex")).Centroids();
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].weight, second[i].weight);
    EXPECT_EQ(first[i].atom, second[i].atom);
    EXPECT_NEAR(first[i].mean, second[i].mean, first[i].atom ? 0 : 0x1p-14 * first[i].mean);
  }
}

TEST(TDigestCodecTest, SampledValuesStayShort) {
  Random random(21);
  TDigest digest;
  for (int i = 0; i < 1000; ++i) digest.Add(std::exp(2 * Normal(random)), 10);
  EXPECT_LE(Bytes(digest).size(), 330);
}

// Found by fuzzing: scaled weights beyond what sums can hold, with a count that fits the clamped ones.
TEST(TDigestCodecTest, WeightsBeyondTheFixedPointAreRefused) {
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(
      "ASgX8AHRAsAAA4jjQAgIgICACAiAgMAECICAwAMUgICAAhWAgLIERQVU2v4q1bH/////////Ad0BgLiXR90B04CYgwXdAYDKzQPdAYDvvgEBwP0C"
      "uWCZAYCO2QF9gNR9aeCfWVXLrk5FlcNCOKCvODHr3SYhr9WAMAMAAwWgf/o=",
      &bytes));
  EXPECT_FALSE(TDigest::Decode(bytes).ok());
}

// Found by fuzzing: blocks of equal rows without weights take hardly more than their headers.
TEST(TDigestCodecTest, ManyEqualRowsAreReadAgain) {
  const std::string bytes = absl::HexStringToBytes(
      "0228ab02010000000000000000000000000000000000000000000000000000000000000000000000000100000000005b0002"
      "0202020202020202020202020202020202020202020202020202020202020202000000000000000000000000000000000000"
      "000000000000000000000000000026");
  const absl::StatusOr<TDigest> digest = TDigest::Decode(bytes);
  ASSERT_TRUE(digest.ok()) << digest.status();
  EXPECT_EQ(digest->count().ToDouble(), 299);
  std::string again;
  digest->Encode(again);
  const absl::StatusOr<TDigest> read = TDigest::Decode(again);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->count().ToDouble(), 299);
}

}  // namespace
}  // namespace tributary
