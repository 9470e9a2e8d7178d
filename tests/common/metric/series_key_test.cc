#include "common/metric/series_key.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/hash/partition.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

SeriesKey Canonical(std::string name, std::vector<std::string> tags, MetricType type = MetricType::kCounter) {
  SeriesKey key{.name = std::move(name), .tags = std::move(tags), .type = type};
  key.Canonicalise();
  return key;
}

TEST(SeriesKeyTest, IdentityIgnoresTheOrderOfTags) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<std::string> tags = {"region:eu", "canary", "az:1", "az:2", "x", "host:a"};
  const SeriesKey key = Canonical("m", tags);
  for (int i = 0; i < 50; ++i) {
    std::shuffle(tags.begin(), tags.end(), random);
    EXPECT_EQ(Canonical("m", tags), key);
    EXPECT_EQ(HashOf(Canonical("m", tags), 7), HashOf(key, 7));
  }
}

TEST(SeriesKeyTest, RepeatedAndEmptyTagsDoNotCount) {
  EXPECT_EQ(Canonical("m", {"b", "a", "", "b", ""}).tags, (std::vector<std::string>{"a", "b"}));
}

TEST(SeriesKeyTest, OnlyAscendingTagsAreCanonical) {
  const auto is_canonical = [](std::vector<std::string> tags) {
    return SeriesKey{.name = "m", .tags = std::move(tags)}.IsCanonical();
  };
  EXPECT_TRUE(is_canonical({}));
  EXPECT_TRUE(is_canonical({"a", "b"}));
  EXPECT_FALSE(is_canonical({"b", "a"}));
  EXPECT_FALSE(is_canonical({"a", "a"}));
  EXPECT_FALSE(is_canonical({"", "a"}));
}

TEST(SeriesKeyTest, LimitsBelongToTheirRange) {
  EXPECT_FALSE(Canonical("", {}).IsWithinLimits());
  EXPECT_TRUE(Canonical(std::string(1024, 'n'), {std::string(512, 't')}).IsWithinLimits());
  EXPECT_FALSE(Canonical(std::string(1025, 'n'), {}).IsWithinLimits());
  EXPECT_FALSE(Canonical("m", {std::string(513, 't')}).IsWithinLimits());
  std::vector<std::string> tags;
  for (int i = 0; i < 64; ++i) tags.push_back(absl::StrCat("tag", i));
  EXPECT_TRUE(Canonical("m", tags).IsWithinLimits());
  tags.push_back("one more");
  EXPECT_FALSE(Canonical("m", tags).IsWithinLimits());
}

// Type, then a length before each text, so that no two keys share bytes.
TEST(SeriesKeyTest, CanonicalBytesAreAsDocumented) {
  EXPECT_EQ(CanonicalBytes(Canonical("ab", {"c:d", "e"}, MetricType::kTimer)), std::string("\x03\x02"
                                                                                           "ab\x03"
                                                                                           "c:d\x01"
                                                                                           "e"));
}

TEST(SeriesKeyTest, CanonicalBytesTellNeighboursApart) {
  const std::vector<SeriesKey> keys = {
      Canonical("m", {}),
      Canonical("m", {"a"}),
      Canonical("ma", {}),
      Canonical("m", {"a", "b"}),
      Canonical("m", {"ab"}),
      Canonical("m", {"a:b"}),
      Canonical("m", {"a", "b", "c"}),
      Canonical("m", {}, MetricType::kGauge),
  };
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = i + 1; j < keys.size(); ++j) EXPECT_NE(CanonicalBytes(keys[i]), CanonicalBytes(keys[j])) << i << j;
  }
}

// Stored when written: a series must stay in its partition for the life of a cluster.
TEST(SeriesKeyTest, PartitionsAreFrozen) {
  const uint64_t seed = ClusterSeed("tributary");
  const Hash128 latency = HashOf(Canonical("api.latency", {"region:eu"}, MetricType::kTimer), seed);
  EXPECT_EQ(latency, (Hash128{0xe750cb1bd2d96568u, 0x213e032eb08c930du}));
  EXPECT_EQ(PartitionOf(latency), 3701);
  EXPECT_EQ(PartitionOf(HashOf(Canonical("requests", {}), seed)), 2493);
}

TEST(SeriesKeyTest, ClustersPlaceSeriesDifferently) {
  const SeriesKey key = Canonical("api.latency", {});
  EXPECT_NE(HashOf(key, ClusterSeed("eu")), HashOf(key, ClusterSeed("us")));
}

TEST(TagTest, SplitsAtTheFirstColon) {
  EXPECT_EQ(TagKey("url:http://x"), "url");
  EXPECT_EQ(TagValue("url:http://x"), "http://x");
  EXPECT_EQ(TagKey("bare"), "bare");
  EXPECT_EQ(TagValue("bare"), "");
  EXPECT_EQ(TagKey(":v"), "");
  EXPECT_EQ(TagValue("k:"), "");
}

TEST(TagTest, FindTagReturnsTheFirstValue) {
  const std::vector<std::string> tags = {"az:1", "az:2", "bare"};
  EXPECT_EQ(FindTag(tags, "az"), "1");
  EXPECT_EQ(FindTag(tags, "bare"), "");
  EXPECT_EQ(FindTag(tags, "a"), "");
}

}  // namespace
}  // namespace tributary
