#include "common/hash/hash128.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

// XXH3's published values for the empty input.
TEST(Hash128Test, AgreesWithPublishedValues) {
  EXPECT_EQ(Xxh3Hash64("", 0), 0x2d06800538d394c2u);
  EXPECT_EQ(Xxh3Hash128("", 0), (Hash128{0x99aa06d3014798d8u, 0x6001c324468d497fu}));
}

TEST(Hash128Test, ComparesTheHighHalfFirst) {
  EXPECT_LT((Hash128{1, 9}), (Hash128{2, 0}));
  EXPECT_LT((Hash128{1, 8}), (Hash128{1, 9}));
}

TEST(Hash128Test, SeedsGiveDifferentHashes) {
  EXPECT_NE(Xxh3Hash64("api.latency", 1), Xxh3Hash64("api.latency", 2));
  EXPECT_NE(Xxh3Hash128("api.latency", 1), Xxh3Hash128("api.latency", 2));
}

}  // namespace
}  // namespace tributary
