#include "common/metric/shared_series_key.h"

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

SeriesKey KeyOf(const std::string& name) { return SeriesKey{name, {"env:prod"}, MetricType::kTimer}; }

TEST(SharedSeriesKeyTest, CopiesHoldOneKey) {
  const SharedSeriesKey key = KeyOf("a");
  const SharedSeriesKey copy = key;
  EXPECT_EQ(&*copy, &*key);
  EXPECT_EQ(copy->name, "a");
}

TEST(SharedSeriesKeyTest, ComparesAsItsKeyDoes) {
  const SharedSeriesKey a = KeyOf("a");
  EXPECT_EQ(a, SharedSeriesKey(KeyOf("a")));
  EXPECT_EQ(a, KeyOf("a"));
  EXPECT_NE(a, SharedSeriesKey(KeyOf("b")));
  EXPECT_LT(a, SharedSeriesKey(KeyOf("b")));
  EXPECT_EQ(a.hash(), SeriesKeyHash()(KeyOf("a")));
}

TEST(SharedSeriesKeyTest, OneThatNobodyGaveIsAnEmptyKey) { EXPECT_EQ(SharedSeriesKey(), SeriesKey()); }

TEST(SharedSeriesKeyTest, IsFoundInATableByAPlainKey) {
  const absl::flat_hash_set<SharedSeriesKey, SharedSeriesKeyHash, SharedSeriesKeyEqual> keys = {KeyOf("a")};
  EXPECT_TRUE(keys.contains(KeyOf("a")));
  EXPECT_FALSE(keys.contains(KeyOf("b")));
}

}  // namespace
}  // namespace tributary
