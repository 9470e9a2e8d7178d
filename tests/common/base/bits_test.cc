#include "common/base/bits.h"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(BitsTest, TheLowestBitComesFirst) {
  std::string bytes;
  BitWriter writer(bytes);
  writer.Write(1, 1);
  writer.Write(0x5, 3);
  writer.Write(0x3ff, 10);
  writer.WriteUnary(2);
  writer.Finish();
  // From the right: 1, 101, 1111111111, 001 read from the lowest bit on: zeros, then a one.
  EXPECT_EQ(bytes, std::string("\xfb\x3f\x01"));
}

TEST(BitsTest, NumbersOfAnyWidthComeBack) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<uint64_t, int>> numbers;
    std::string bytes;
    BitWriter writer(bytes);
    size_t bits = 0;
    for (int i = 0; i < 50; ++i) {
      const int width = static_cast<int>(random() % 66);  // 65: unary
      const uint64_t value = width == 65 ? random() % 200 : width == 0 ? 0 : random() >> (64 - width);
      numbers.emplace_back(value, width);
      bits += width == 65 ? value + 1 : static_cast<size_t>(width);
      width == 65 ? writer.WriteUnary(value) : writer.Write(value, width);
    }
    writer.Finish();
    EXPECT_EQ(bytes.size(), (bits + 7) / 8);
    BitReader reader(bytes);
    for (const auto& [value, width] : numbers) {
      EXPECT_EQ(width == 65 ? reader.ReadUnary(200) : reader.Read(width), value) << width;
    }
    EXPECT_TRUE(reader.AtEnd());
  }
}

TEST(BitsTest, BeyondTheEndIsNotOk) {
  BitReader reader(absl::string_view("\xff", 1));
  EXPECT_EQ(reader.Read(5), 31);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.Read(5), 7);  // what is missing is zero
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.AtEnd());
}

TEST(BitsTest, UnaryStopsAtTheEndAndAtItsMost) {
  const std::string zeros(100, '\0');
  BitReader to_the_end(zeros);
  to_the_end.ReadUnary(UINT64_MAX);
  EXPECT_FALSE(to_the_end.ok());
  BitReader to_its_most(absl::string_view("\x20", 1));
  to_its_most.ReadUnary(4);
  EXPECT_FALSE(to_its_most.ok());
  BitReader enough(absl::string_view("\x20", 1));
  EXPECT_EQ(enough.ReadUnary(5), 5);
}

TEST(BitsTest, TheLastBytesRestIsZero) {
  BitReader zero(absl::string_view("\x01", 1));
  zero.Skip(1);
  EXPECT_TRUE(zero.AtEnd());
  BitReader set(absl::string_view("\x81", 1));
  set.Skip(1);
  EXPECT_FALSE(set.AtEnd());
  BitReader a_byte_more(absl::string_view("\x01\x00", 2));
  a_byte_more.Skip(8);
  EXPECT_FALSE(a_byte_more.AtEnd());
}

}  // namespace
}  // namespace tributary
