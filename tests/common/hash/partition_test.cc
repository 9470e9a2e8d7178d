#include "common/hash/partition.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(PartitionTest, IsTheTopTwelveBitsOfTheHash) {
  EXPECT_EQ(PartitionOf(Hash128{0, ~uint64_t{0}}), 0);
  EXPECT_EQ(PartitionOf(Hash128{0xabc0000000000000, 0}), 0xabc);
  EXPECT_EQ(PartitionOf(Hash128{~uint64_t{0}, 0}), kPartitionCount - 1);
}

// Stored when the first cluster could have been named: they must never change.
TEST(PartitionTest, ClusterSeedsAreFrozen) {
  EXPECT_EQ(ClusterSeed("tributary"), 0xf7969c01203caeedu);
  EXPECT_EQ(ClusterSeed("eu-1"), 0x84cfc8d3d53ab917u);
}

}  // namespace
}  // namespace tributary
