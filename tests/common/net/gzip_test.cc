#include "common/net/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace tributary {
namespace {

std::string Unpacked(const std::string& packed, size_t size) {
  std::string out(size, '\0');
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  std::string in = packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(inflateEnd(&stream), Z_OK);
  return out;
}

TEST(GzipTest, IsReadBackByZlib) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "{\"region\":\"eu\",\"value\":[" + std::to_string(i) + ",\"2\"]},";
  const auto packed = Gzip(text);
  ASSERT_TRUE(packed.has_value());
  EXPECT_LT(packed->size(), text.size() / 4);
  EXPECT_EQ(Unpacked(*packed, text.size()), text);
}

TEST(GzipTest, WhatWouldNotBeSmallerStaysAsItIs) {
  std::mt19937_64 random(7);
  std::string noise(4096, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  EXPECT_EQ(Gzip(noise), std::nullopt);
  EXPECT_EQ(Gzip(""), std::nullopt);
  EXPECT_EQ(Gzip("ab"), std::nullopt);
}

TEST(GzipTest, IsAskedForByAcceptEncoding) {
  for (const char* header :
       {"gzip", "deflate, gzip", "GZIP", "gzip;q=0.5", "br;q=1.0, gzip ; q=0.1", "*", "identity;q=0, *"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header :
       {"", "identity", "gzip;q=0", "gzip;q=0.0, deflate", "*;q=0", "gzip;q=0, *", "xgzip", "br"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

}  // namespace
}  // namespace tributary
