#include "common/base/bytes.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

TEST(BytesTest, FixedWidthsAreLittleEndian) {
  std::string out;
  ByteWriter writer(out);
  writer.U8(0x01);
  writer.U16(0x0203);
  writer.U32(0x04050607);
  writer.U64(0x08090a0b0c0d0e0f);
  writer.F64(1.0);
  EXPECT_EQ(Hex(out),
            "01"
            "0302"
            "07060504"
            "0f0e0d0c0b0a0908"
            "000000000000f03f");
}

TEST(BytesTest, VarintsAreLeb128) {
  std::string out;
  ByteWriter writer(out);
  for (const uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{300}, UINT64_MAX}) {
    writer.Varint(value);
  }
  EXPECT_EQ(Hex(out),
            "00"
            "7f"
            "8001"
            "ac02"
            "ffffffffffffffffff01");
}

TEST(BytesTest, ZigzagKeepsSmallMagnitudesShort) {
  std::string out;
  ByteWriter writer(out);
  for (const int64_t value : {0, -1, 1, -64, 64}) writer.Zigzag(value);
  EXPECT_EQ(Hex(out),
            "00"
            "01"
            "02"
            "7f"
            "8001");
}

TEST(BytesTest, EverythingWrittenIsRead) {
  constexpr uint64_t kSeed = 1;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 1000; ++round) {
    const uint64_t bits = random() >> (random() % 64);
    std::string out;
    ByteWriter writer(out);
    writer.Varint(bits);
    writer.Zigzag(static_cast<int64_t>(random() % 2 == 0 ? bits : -bits));
    writer.U32(static_cast<uint32_t>(bits));
    writer.Sized("text");
    ByteReader reader(out);
    EXPECT_EQ(reader.Varint(), bits);
    const int64_t signed_value = reader.Zigzag();
    EXPECT_TRUE(signed_value == static_cast<int64_t>(bits) || signed_value == static_cast<int64_t>(-bits));
    EXPECT_EQ(reader.U32(), static_cast<uint32_t>(bits));
    EXPECT_EQ(reader.Sized(), "text");
    EXPECT_TRUE(reader.AtEnd());
  }
}

TEST(BytesTest, ZigzagOfTheExtremesComesBack) {
  std::string out;
  ByteWriter writer(out);
  writer.Zigzag(std::numeric_limits<int64_t>::min());
  writer.Zigzag(std::numeric_limits<int64_t>::max());
  ByteReader reader(out);
  EXPECT_EQ(reader.Zigzag(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(reader.Zigzag(), std::numeric_limits<int64_t>::max());
}

TEST(BytesTest, ReadingPastTheEndFailsAndYieldsZero) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.U32(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.U8(), 0);
  EXPECT_EQ(reader.Varint(), 0);
  EXPECT_TRUE(reader.Bytes(1).empty());
  EXPECT_FALSE(reader.AtEnd());
}

TEST(BytesTest, ASizeBeyondTheEndFails) {
  ByteReader reader(absl::string_view("\x05text", 5));
  EXPECT_TRUE(reader.Sized().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(BytesTest, VarintsOfMoreThan64BitsFail) {
  for (const absl::string_view bytes :
       {absl::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
        absl::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), absl::string_view("\x80")}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0);
    EXPECT_FALSE(reader.ok());
  }
}

// RFC 3720, appendix B.4.
TEST(BytesTest, Crc32cMatchesTheStandard) {
  EXPECT_EQ(Crc32c(std::string(32, '\x00')), 0x8a9136aa);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283);
  EXPECT_EQ(Crc32c(""), 0u);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  EXPECT_EQ(Crc32c(ascending), 0x46dd794e);
}

}  // namespace
}  // namespace tributary
