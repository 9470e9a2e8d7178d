#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/sketch/hyperloglog.h"
#include "gtest/gtest.h"
#include "tests/common/sketch/hyperloglog_laws.h"
#include "tests/support/golden_bytes.h"

namespace tributary {
namespace {

std::string Bytes(const HyperLogLog& set) {
  std::string bytes;
  set.EncodeAxiomhq(bytes);
  return bytes;
}

std::string BigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// A dense sketch as the format's table says: two registers a byte, the even one in the high nibble.
std::string Dense(uint8_t base, const std::string& packed) {
  return std::string{1, 14, static_cast<char>(base), 0} + BigEndian(static_cast<uint32_t>(packed.size())) + packed;
}

std::string Sparse(const std::vector<uint32_t>& unsorted, uint32_t count, uint32_t last, const std::string& list) {
  std::string bytes{1, 14, 0, 1};
  bytes += BigEndian(static_cast<uint32_t>(unsorted.size()));
  for (const uint32_t key : unsorted) bytes += BigEndian(key);
  return bytes + BigEndian(count) + BigEndian(last) + BigEndian(static_cast<uint32_t>(list.size())) + list;
}

TEST(HyperLogLogAxiomhqTest, NeverLargerThanDense) {
  for (const int count : {10, 1000, 3000, 3250, 3300, 5000, 100000}) EXPECT_LE(Bytes(Range(0, count)).size(), 8200);
  EXPECT_EQ(Bytes(Range(0, 100000)).size(), 8200);
  EXPECT_LE(Bytes(Range(0, 1000)).size(), 2900);
}

// Hashes built by hand: index 5; the tail of 11 bits is 1, so 10 zeros precede the first one: rank 11.
TEST(HyperLogLogAxiomhqTest, SparseKeyOfATailThatIsNotZero) {
  HyperLogLog set;
  const uint32_t hash_bits = 5 << 11 | 1;
  set.AddHash(static_cast<uint64_t>(hash_bits) << 39 | 12345);
  const uint32_t key = hash_bits << 1;  // 20482, as LEB128: 82 a0 01
  EXPECT_EQ(Bytes(set), Sparse({}, 1, key, std::string("\x82\xa0\x01")));
}

// A zero tail: the zeros of the low 39 bits, plus one, go with the key. Here the low bits begin with three zeros.
TEST(HyperLogLogAxiomhqTest, SparseKeyOfATailThatIsZero) {
  HyperLogLog set;
  const uint32_t hash_bits = 1 << 11;
  set.AddHash(static_cast<uint64_t>(hash_bits) << 39 | uint64_t{1} << 35);
  const uint32_t key = hash_bits << 7 | 4 << 1 | 1;  // 262153, as LEB128: 89 80 10
  EXPECT_EQ(Bytes(set), Sparse({}, 1, key, std::string("\x89\x80\x10")));
}

TEST(HyperLogLogAxiomhqTest, ReadsTheUnsortedSetAndTheList) {
  // Keys 2, 6 and 10 unsorted; 4 and 8 in the list, as steps.
  const HyperLogLog set = Read(Sparse({10, 2, 6}, 2, 8, std::string("\x04\x04")));
  EXPECT_NEAR(set.Estimate(), 5, 0.001);
  EXPECT_EQ(Bytes(set), Sparse({}, 5, 10, std::string("\x02\x02\x02\x02\x02")));
}

TEST(HyperLogLogAxiomhqTest, ReadsDenseRegistersAboveABase) {
  std::string packed(8192, '\x00');
  packed[0] = '\x3f';  // registers 0 and 1: 3 and 15 above base 2
  const HyperLogLog set = Read(Dense(2, packed));
  EXPECT_EQ(Bytes(set), Dense(2, packed));
  // Merged with ranks 1 everywhere it stays; a register at 2 + 15 caps nothing.
  HyperLogLog other = Read(Dense(1, std::string(8192, '\x00')));
  other.Merge(set);
  EXPECT_EQ(Bytes(other), Dense(2, packed));
}

TEST(HyperLogLogAxiomhqTest, ReadsVersionTwoOfBothForms) {
  std::string dense("\x02\x0e\x00\x00\x00\x00\x40\x00", 8);
  for (size_t i = 0; i < HyperLogLog::kRegisters; ++i) dense.push_back(static_cast<char>(i % 40));
  HyperLogLog expected;  // a hash of register i and rank r: i in the high 14 bits, then r - 1 zeros and a one
  for (uint64_t i = 0; i < HyperLogLog::kRegisters; ++i) {
    if (i % 40 > 0) expected.AddHash(i << 50 | uint64_t{1} << (50 - i % 40));
  }
  EXPECT_EQ(Read(dense).Estimate(), expected.Estimate());

  std::string sparse = Bytes(Range(0, 100));
  sparse[0] = 2;
  EXPECT_EQ(Bytes(Read(sparse)), Bytes(Range(0, 100)));

  dense[8] = 52;
  EXPECT_FALSE(HyperLogLog::Decode(dense).ok());
  EXPECT_FALSE(HyperLogLog::Decode(dense.substr(0, dense.size() - 1)).ok());
}

TEST(HyperLogLogAxiomhqTest, RanksFarAboveTheBaseAreClippedOnTheWire) {
  HyperLogLog set = Read(Dense(0, std::string(8192, '\x00')));
  set.AddHash(uint64_t{2} << 50 | 1);  // register 2, rank 50
  std::string packed(8192, '\x00');
  packed[1] = '\xf0';
  EXPECT_EQ(Bytes(set), Dense(0, packed));
}

TEST(HyperLogLogAxiomhqTest, MalformedBytesAreRefused) {
  const std::string list("\x04\x04");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"version 2", std::string("\x02\x0e\x00\x01", 4)},
      {"precision 15", std::string("\x01\x0f\x00\x01", 4)},
      {"unknown form", std::string("\x01\x0e\x00\x02", 4)},
      {"registers missing", Dense(0, std::string(8191, '\x00'))},
      {"registers left over", Dense(0, std::string(8193, '\x00'))},
      {"rank above 51", Dense(40, std::string(8192, '\xff'))},
      {"count above the list", Sparse({}, 3, 8, list)},
      {"last is not last", Sparse({}, 2, 9, list)},
      {"bytes after the list", Sparse({}, 1, 4, list)},
      {"more keys than bytes", std::string("\x01\x0e\x00\x01\xff\xff\xff\xff", 8)},
      {"even key without tail", Sparse({1 << 12}, 0, 0, "")},
      {"even key above 26 bits", Sparse({1u << 31 | 2}, 0, 0, "")},
      {"odd key with a tail", Sparse({(1 << 7) | 3}, 0, 0, "")},
      {"odd key without rank", Sparse({(1 << 18) | 1}, 0, 0, "")},
      {"odd key with rank 41", Sparse({(1 << 18) | 41 << 1 | 1}, 0, 0, "")},
  };
  for (const auto& [name, bytes] : cases) EXPECT_FALSE(HyperLogLog::Decode(bytes).ok()) << name;
}

// What axiomhq/hyperloglog, at its 2019 version, wrote of the same 40 members: the unsorted form.
TEST(HyperLogLogAxiomhqTest, ReadsTheBytesOfTheOriginal) {
  const std::string original = GoldenBytes("hyperloglog_axiomhq_40.hex");
  ASSERT_EQ(original.size(), 180);
  EXPECT_EQ(Bytes(Read(original)), Bytes(Range(0, 40)));
}

TEST(HyperLogLogAxiomhqTest, GoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(Bytes(Range(0, 40))), absl::BytesToHexString(GoldenBytes("hyperloglog_v1.hex")));
}

TEST(HyperLogLogAxiomhqTest, TruncatedAndMutatedBytesAreRefusedOrValid) {
  ExpectTruncatedAndMutatedBytesAreRefusedOrValid(Bytes);
}

TEST(HyperLogLogAxiomhqTest, BytesComeBack) { ExpectBytesComeBack(Bytes); }

}  // namespace
}  // namespace tributary
