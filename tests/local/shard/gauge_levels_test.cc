#include "local/shard/gauge_levels.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(GaugeLevelsTest, KeepsALevelForAnHourAfterItsLastHolder) {
  GaugeLevels levels(10);
  const Hash128 series{1, 2};
  const absl::Time start = absl::FromUnixSeconds(1'000'000'000);
  levels.Find(series)->Set(5);
  levels.Forget(start);
  levels.Forget(start + absl::Minutes(59));
  EXPECT_EQ(levels.Find(series)->Add(0), 5);
  levels.Forget(start + absl::Minutes(61));
  EXPECT_EQ(levels.size(), 0u);
}

TEST(GaugeLevelsTest, KeepsALevelAsLongAsItIsHeld) {
  GaugeLevels levels(10);
  const absl::Time start = absl::FromUnixSeconds(1'000'000'000);
  const std::shared_ptr<GaugeLevel> held = levels.Find({1, 2});
  levels.Forget(start);
  levels.Forget(start + absl::Hours(5));
  levels.Forget(start + absl::Hours(10));
  EXPECT_EQ(levels.Find({1, 2}), held);
}

TEST(GaugeLevelsTest, GivesALevelForOneAskerWhenFull) {
  GaugeLevels levels(1);
  levels.Find({1, 1})->Set(1);
  EXPECT_NE(levels.Find({2, 2}), levels.Find({2, 2}));
  EXPECT_EQ(levels.size(), 1u);
}

}  // namespace
}  // namespace tributary
