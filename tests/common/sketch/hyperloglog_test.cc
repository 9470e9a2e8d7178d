#include "common/sketch/hyperloglog.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/common/sketch/hyperloglog_laws.h"
#include "tests/support/golden_bytes.h"

namespace tributary {
namespace {

std::string Bytes(const HyperLogLog& set) {
  std::string bytes;
  set.Encode(bytes);
  return bytes;
}

// All registers at one rank, as axiomhq's dense form says it.
HyperLogLog Flat(uint8_t rank) {
  return Read(std::string{1, 14, static_cast<char>(rank), 0, 0, 0, 0x20, 0} + std::string(8192, '\x00'));
}

TEST(HyperLogLogTest, EmptyCountsNothing) {
  const HyperLogLog set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Estimate(), 0);
  EXPECT_EQ(Read(Bytes(set)).Estimate(), 0);
}

TEST(HyperLogLogTest, FewMembersAreNearlyExact) {
  for (const int count : {1, 10, 100, 1000, 3000}) EXPECT_NEAR(Range(0, count).Estimate(), count, 0.002 * count);
}

// Four standard errors, of each set and of the mean over several.
TEST(HyperLogLogTest, ManyMembersStayWithinTheError) {
  for (const int count : {100, 1000, 5000, 8000, 10000, 15000, 30000, 100000, 1000000}) {
    const int trials = count > 100000 ? 2 : 6;
    double bias = 0;
    for (int trial = 0; trial < trials; ++trial) {
      const double error = Range(trial * count, (trial + 1) * count).Estimate() / count - 1;
      EXPECT_LE(std::fabs(error), 0.035) << count;
      bias += error / trials;
    }
    EXPECT_LE(std::fabs(bias), 4 * 0.0081 / std::sqrt(trials)) << count;
  }
}

TEST(HyperLogLogTest, RepeatedMembersCountOnce) {
  HyperLogLog set;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 100; ++i) set.Add(absl::StrCat("member-", i));
  }
  EXPECT_EQ(Bytes(set), Bytes(Range(0, 100)));
}

TEST(HyperLogLogTest, EqualSetsGiveEqualBytesInAnyOrder) {
  for (const int count : {5, 100, 3200, 3295, 3305, 3400, 20000}) {
    std::vector<int> order(count);
    for (int i = 0; i < count; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937_64(count));
    HyperLogLog shuffled;
    for (const int i : order) shuffled.Add(absl::StrCat("member-", i));
    EXPECT_EQ(Bytes(shuffled), Bytes(Range(0, count))) << count;
    EXPECT_EQ(shuffled.Estimate(), Range(0, count).Estimate()) << count;
  }
}

TEST(HyperLogLogTest, MergeIsAUnionInAnyGrouping) {
  const std::vector<HyperLogLog> parts = {Range(0, 50), Range(30, 3000), Range(2500, 9000), Range(8000, 8100)};
  HyperLogLog left = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) left.Merge(parts[i]);
  HyperLogLog right = parts[2];
  right.Merge(parts[3]);
  HyperLogLog rest = parts[1];
  rest.Merge(parts[0]);
  right.Merge(rest);
  EXPECT_EQ(Bytes(left), Bytes(right));
  EXPECT_EQ(Bytes(left), Bytes(Range(0, 9000)));
}

// As agents and owners do it: every part is sent, and so is the union of some of them.
TEST(HyperLogLogTest, TheUnionOfWhatWasSentIsTheUnion) {
  for (const int count : {3000, 9000, 100000, 1000000}) {
    const std::string whole = Bytes(Range(0, count));
    for (const int parts : {2, 10}) {
      const int share = count / parts;
      HyperLogLog left;
      HyperLogLog right;
      for (int part = 0; part < parts; ++part) {
        // Neighbours have a fifth of their members in common.
        const HyperLogLog sent = Read(Bytes(Range(part * share, std::min(count, (part + 1) * share + share / 5))));
        (part % 2 == 0 ? left : right).Merge(sent);
      }
      HyperLogLog merged = Read(Bytes(right));
      merged.Merge(Read(Bytes(left)));
      EXPECT_TRUE(Bytes(merged) == whole) << count << " members in " << parts << " parts";
    }
  }
}

TEST(HyperLogLogTest, MergeWithItselfOrWithNothingChangesNothing) {
  for (const int count : {10, 500, 10000}) {
    HyperLogLog set = Range(0, count);
    set.Merge(set);
    set.Merge(HyperLogLog());
    EXPECT_EQ(Bytes(set), Bytes(Range(0, count)));
    HyperLogLog none;
    none.Merge(set);
    EXPECT_EQ(Bytes(none), Bytes(set));
  }
}

TEST(HyperLogLogTest, BytesComeBack) { ExpectBytesComeBack(Bytes); }

TEST(HyperLogLogTest, FewMembersTakeLittleMemory) {
  EXPECT_LE(HyperLogLog().MemoryBytes(), 48);
  EXPECT_LE(Range(0, 10).MemoryBytes(), 128);
}

TEST(HyperLogLogTest, OfOneKeyOnlyTheLargestRankStays) {
  const uint64_t hash_bits = uint64_t{1} << 11 << 39;
  HyperLogLog small_first;
  small_first.AddHash(hash_bits | uint64_t{1} << 35);
  small_first.AddHash(hash_bits | 1);
  HyperLogLog large_only;
  large_only.AddHash(hash_bits | 1);
  EXPECT_EQ(Bytes(small_first), Bytes(large_only));
}

// All registers at rank r: algorithm 6 has z = m 2^-r, so the estimate is m 2^r / (2 ln 2).
TEST(HyperLogLogTest, EstimateOfAFlatHistogramMatchesTheFormula) {
  const HyperLogLog set = Flat(5);
  const double expected = 16384.0 * 16384.0 / (2 * std::log(2.0) * 16384.0 / 32);
  EXPECT_NEAR(set.Estimate(), expected, 1e-6 * expected);
}

TEST(HyperLogLogTest, SaturatedRegistersCountAllHashes) { EXPECT_EQ(Flat(51).Estimate(), 0x1p64); }

TEST(HyperLogLogTest, TruncatedAndMutatedBytesAreRefusedOrValid) {
  ExpectTruncatedAndMutatedBytesAreRefusedOrValid(Bytes);
}

// What is known of the entropy (docs/sketches.md), and a tenth.
TEST(HyperLogLogTest, BytesAreFew) {
  const std::vector<std::pair<int, size_t>> bars = {{1, 6},       {10, 34},      {100, 270},     {1000, 2300},
                                                    {3200, 6600}, {10000, 6400}, {100000, 6400}, {1000000, 6400}};
  for (const auto& [count, most] : bars) EXPECT_LE(Bytes(Range(0, count)).size(), most) << count;
}

// Hashes built by hand: register 5, a tail of 1. The only token: 25 bits of distance from 0, after no zeros and a one.
TEST(HyperLogLogTest, BytesOfATokenWhoseTailIsNotZero) {
  HyperLogLog set;
  const uint32_t hash_bits = 5 << 11 | 1;
  set.AddHash(static_cast<uint64_t>(hash_bits) << 39 | 12345);
  // Rice bits of one token: 2^25 * 11 / 16 is 2^24 and more. 1, then 24 bits of 0x2801.
  const uint32_t bits = hash_bits << 1 | 1;
  EXPECT_EQ(Bytes(set), (std::string{'\x81', 1, static_cast<char>(bits), static_cast<char>(bits >> 8),
                                     static_cast<char>(bits >> 16), 0}));
}

// A zero tail: the zeros of the low 39 bits, plus one, follow. Here the low bits begin with three zeros.
TEST(HyperLogLogTest, BytesOfATokenWhoseTailIsZero) {
  HyperLogLog set;
  const uint32_t hash_bits = 1 << 11;
  set.AddHash(static_cast<uint64_t>(hash_bits) << 39 | uint64_t{1} << 35);
  const uint32_t bits = uint32_t{4} << 25 | hash_bits << 1 | 1;
  EXPECT_EQ(Bytes(set), (std::string{'\x81', 1, static_cast<char>(bits), static_cast<char>(bits >> 8),
                                     static_cast<char>(bits >> 16), static_cast<char>(bits >> 24)}));
}

// One rank: its code is empty. 5 as first and as last symbol, 6 bits each.
TEST(HyperLogLogTest, BytesOfOneRank) { EXPECT_EQ(Bytes(Flat(5)), std::string("\x82\x45\x01")); }

// Two ranks, 1 and 3, of a bit each: symbols 1 to 3 of lengths 1, 0 and 1, then 16,384 bits of which one is set.
TEST(HyperLogLogTest, BytesOfTwoRanks) {
  HyperLogLog set = Flat(1);
  set.AddHash(uint64_t{2} << 50 | uint64_t{1} << 47);  // register 2, rank 3
  // Bits: 1 | 3 << 6 | 1 << 12 | 0 << 16 | 1 << 20, then from bit 24 on one for each register.
  std::string expected("\x82\xc1\x10\x10", 4);
  expected += std::string(2048, '\0');
  expected[4] = 4;
  EXPECT_EQ(Bytes(set), expected);
}

TEST(HyperLogLogTest, MalformedBytesAreRefused) {
  const std::string ranks(2048, '\0');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"unknown form", std::string("\x83\x01\x01", 3)},
      {"more tokens than are kept", std::string("\x81\xe5\x19\x01", 4) + std::string(9000, '\xff')},
      {"tokens missing", std::string("\x81\x02\x03\x50\x00", 5)},
      {"bytes after no tokens", std::string("\x81\x00\x00", 3)},
      {"bytes after the tokens", std::string("\x81\x01\x03\x50\x00\x00\x00", 7)},
      {"bits after the tokens", std::string("\x81\x01\x03\x50\x00\x80", 6)},
      {"a token above 25 bits", std::string("\x81\x01\x04\x00\x00\x00", 6)},
      {"a zero tail without zeros", std::string("\x81\x01\x01\x10\x00\x00", 6)},
      {"41 zeros", std::string("\x81\x01\x01\x10\x00\x52", 6)},
      {"no code", std::string("\x82", 1)},
      {"first symbol after the last", std::string("\x82\x05\x01", 3)},
      {"rank above 51", std::string("\x82\x34\x0d", 3)},
      {"a code with gaps", std::string("\x82\xc1\x10\x20", 4) + ranks},
      {"a code with too many", std::string("\x82\xc1\x10\x11", 4) + ranks},
      {"a code of one length 0", std::string("\x82\xc1\x00\x10", 4) + ranks},
      {"a code of 13 bits beside a whole one", std::string("\x82\xc1\x10\x1d", 4) + std::string(2048, '\xff')},
      {"ranks missing", std::string("\x82\xc1\x10\x10", 4) + ranks.substr(1)},
      {"ranks left over", std::string("\x82\xc1\x10\x10", 4) + ranks + ranks.substr(2047)},
  };
  for (const auto& [name, bytes] : cases) EXPECT_FALSE(HyperLogLog::Decode(bytes).ok()) << name;
}

// Made by another program from the keys in hyperloglog_v1.hex.
TEST(HyperLogLogTest, GoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(Bytes(Range(0, 40))), absl::BytesToHexString(GoldenBytes("hyperloglog_native.hex")));
}

}  // namespace
}  // namespace tributary
