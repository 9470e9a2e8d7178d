#include "common/sketch/metro_hash.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

// The 63-byte key and the results published with the reference implementation.
constexpr absl::string_view kKey = "012345678901234567890123456789012345678901234567890123456789012";

TEST(MetroHashTest, MatchesThePublishedVectors) {
  EXPECT_EQ(MetroHash64(kKey, 0), 0xad4b7006ae3d756b);
  EXPECT_EQ(MetroHash64(kKey, 1), 0xdfb8b9f41c480d3b);
}

TEST(MetroHashTest, EveryByteAndTheLengthCount) {
  for (size_t size = 1; size <= kKey.size(); ++size) {
    const std::string whole(kKey.substr(0, size));
    for (size_t i = 0; i < size; ++i) {
      std::string changed = whole;
      changed[i] ^= 1;
      EXPECT_NE(MetroHash64(changed, 1337), MetroHash64(whole, 1337)) << size << " " << i;
    }
    EXPECT_NE(MetroHash64(kKey.substr(0, size - 1), 1337), MetroHash64(whole, 1337));
  }
}

}  // namespace
}  // namespace tributary
