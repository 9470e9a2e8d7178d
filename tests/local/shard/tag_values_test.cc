#include "local/shard/tag_values.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

SeriesKey Key(const std::string& name, std::vector<std::string> tags) {
  SeriesKey key{name, std::move(tags), MetricType::kCounter};
  key.Canonicalise();
  return key;
}

TEST(TagValuesTest, CountsDistinctValuesOfEachTagOfEachMetric) {
  TagValues values;
  values.Add(Key("a", {"user:1", "region:eu"}));
  values.Add(Key("a", {"user:2", "region:eu"}));
  EXPECT_FALSE(values.HasRoom(Key("a", {"user:3"}), 2));
  EXPECT_TRUE(values.HasRoom(Key("a", {"user:2"}), 2));
  EXPECT_TRUE(values.HasRoom(Key("a", {"region:us"}), 2));
  EXPECT_TRUE(values.HasRoom(Key("b", {"user:3"}), 2));
}

TEST(TagValuesTest, FoldsTheOneValueThatIsTooMuch) {
  TagValues values;
  values.Add(Key("a", {"user:1", "region:eu"}));
  SeriesKey key = Key("a", {"user:3", "region:eu", "zone"});
  values.Fold(key, 1);
  EXPECT_EQ(key.tags, (std::vector<std::string>{"region:eu", "user:__other__", "zone"}));
  EXPECT_TRUE(values.HasRoom(key, 1));  // what is folded is no further value
}

TEST(TagValuesTest, GivesRoomBackWithTheLastSeriesOfAValue) {
  TagValues values;
  values.Add(Key("a", {"user:1", "region:eu"}));
  values.Add(Key("a", {"user:1", "region:us"}));
  values.Remove(Key("a", {"user:1", "region:eu"}));
  EXPECT_FALSE(values.HasRoom(Key("a", {"user:2"}), 1));
  values.Remove(Key("a", {"user:1", "region:us"}));
  EXPECT_TRUE(values.HasRoom(Key("a", {"user:2"}), 1));
  EXPECT_EQ(values.size(), 0u);
}

TEST(TagValuesTest, AgreesWithAPlainModelUnderRandomUse) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  TagValues values;
  std::vector<SeriesKey> added;
  for (int step = 0; step < 5'000; ++step) {
    if (!added.empty() && random() % 3 == 0) {
      const size_t at = random() % added.size();
      values.Remove(added[at]);
      added.erase(added.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      added.push_back(Key(absl::StrCat("n", random() % 3),
                          {absl::StrCat("a:", random() % 9), absl::StrCat("b:", random() % 4), "bare"}));
      values.Add(added.back());
    }
    std::set<std::string> of_a;
    for (const SeriesKey& key : added) {
      if (key.name == "n0") of_a.insert(std::string(FindTag(key.tags, "a")));
    }
    ASSERT_EQ(values.HasRoom(Key("n0", {"a:new"}), 5), of_a.size() < 5) << "step " << step;
  }
}

}  // namespace
}  // namespace tributary
