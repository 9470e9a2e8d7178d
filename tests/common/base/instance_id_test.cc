#include "common/base/instance_id.h"

#include <string>

#include "absl/hash/hash.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(InstanceIdTest, RandomIdsDiffer) {
  const InstanceId id = InstanceId::Random();
  EXPECT_FALSE(id.empty());
  EXPECT_NE(id, InstanceId::Random());
}

TEST(InstanceIdTest, BytesComeBack) {
  const InstanceId id = InstanceId::Random();
  EXPECT_EQ(InstanceId::FromBytes(id.bytes()), id);
  EXPECT_EQ(absl::HashOf(*InstanceId::FromBytes(id.bytes())), absl::HashOf(id));
}

TEST(InstanceIdTest, OnlySixteenBytesAreAnId) {
  for (const size_t size : {0, 15, 17}) EXPECT_FALSE(InstanceId::FromBytes(std::string(size, 'x')).has_value());
}

TEST(InstanceIdTest, NobodyIsAllZero) {
  EXPECT_TRUE(InstanceId().empty());
  EXPECT_EQ(InstanceId().ToString(), std::string(32, '0'));
}

TEST(InstanceIdTest, ToStringIsHex) {
  EXPECT_EQ(InstanceId::FromBytes("0123456789abcdef")->ToString(), "30313233343536373839616263646566");
}

}  // namespace
}  // namespace tributary
