#include "common/sink/identity_table.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(IdentityTableTest, NameBelongsToWhoCameFirst) {
  IdentityTable table(100);
  EXPECT_TRUE(table.Claim({1}, 10));
  EXPECT_TRUE(table.Claim({1}, 10));
  EXPECT_FALSE(table.Claim({1}, 20));
}

TEST(IdentityTableTest, AllOrNone) {
  IdentityTable table(100);
  EXPECT_TRUE(table.Claim({1}, 10));
  EXPECT_FALSE(table.Claim({2, 1}, 20));
  EXPECT_TRUE(table.Claim({2}, 30));
}

TEST(IdentityTableTest, NeverHoldsMoreThanItsBound) {
  IdentityTable table(100);
  for (uint64_t i = 0; i < 10000; ++i) {
    EXPECT_TRUE(table.Claim({i}, i));
    ASSERT_LE(table.size(), 100u);
  }
}

TEST(IdentityTableTest, WhoIsSeenOftenEnoughIsNotForgotten) {
  IdentityTable table(100);
  for (uint64_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE(table.Claim({1'000'000}, 1));
    ASSERT_TRUE(table.Claim({i}, i));
    ASSERT_FALSE(table.Claim({1'000'000}, 2));
  }
}

TEST(IdentityTableTest, WhoIsNotSeenIsForgotten) {
  IdentityTable table(100);
  ASSERT_TRUE(table.Claim({1'000'000}, 1));
  for (uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(table.Claim({i}, i));
  EXPECT_TRUE(table.Claim({1'000'000}, 2));
}

}  // namespace
}  // namespace tributary
