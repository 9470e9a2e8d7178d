#include "global/receive/departure.h"

#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

const IntervalScale kScale(absl::Seconds(10));
const absl::Time kNow = absl::FromUnixSeconds(10'004);  // in interval 1000
const absl::Time kStarted = absl::FromUnixSeconds(10'000);

ViewHistory Views(const std::vector<std::pair<IntervalIndex, std::vector<std::string>>>& views) {
  ViewHistory history;
  for (const auto& [effective_from, ids] : views) {
    View view{.sequence = static_cast<uint64_t>(effective_from) * 10'000'000, .effective_from = effective_from};
    for (const std::string& id : ids) view.members.push_back({.id = id, .address = id + ":1"});
    EXPECT_TRUE(history.Add(view));
  }
  return history;
}

Departure Begun(const ViewHistory& views = ViewHistory()) {
  Departure departure("a", kScale, kStarted);
  departure.Begin(kNow, views);
  return departure;
}

TEST(DepartureTest, IsNeverOverBeforeItBegins) {
  EXPECT_FALSE(Departure("a", kScale, kStarted).IsOver(kNow, ViewHistory(), /*idle=*/true, 0));
}

TEST(DepartureTest, IsOverHalfAnIntervalAfterTheLastOwnIntervalWhenItsWindowsAreCommitted) {
  const ViewHistory views = Views({{0, {"a", "b"}}, {1002, {"b"}}, {1005, {"b", "c"}}});
  EXPECT_FALSE(Begun().IsOver(absl::FromUnixSeconds(10'024), views, true, 0));
  EXPECT_FALSE(Begun().IsOver(absl::FromUnixSeconds(10'025), views, true, 1));
  EXPECT_FALSE(Begun().IsOver(absl::FromUnixSeconds(10'025), views, false, 0));
  EXPECT_TRUE(Begun().IsOver(absl::FromUnixSeconds(10'025), views, true, 0));
}

TEST(DepartureTest, TheOnlyMemberWaitsForNoView) { EXPECT_TRUE(Begun().IsOver(kNow, Views({{0, {"a"}}}), true, 3)); }

TEST(DepartureTest, AViewThatDoesNotComeIsNotWaitedForForEver) {
  const ViewHistory views = Views({{0, {"a", "b"}}});
  EXPECT_FALSE(Begun().IsOver(kNow + absl::Seconds(15), views, true, 0));
  EXPECT_TRUE(Begun().IsOver(kNow + absl::Seconds(16), views, true, 0));
}

TEST(DepartureTest, WhoIsLeftOutBeforeItLeavesWasRemoved) {
  EXPECT_TRUE(Begun(Views({{0, {"a", "b"}}, {1002, {"b"}}})).was_removed());
  EXPECT_FALSE(Begun(Views({{0, {"b"}}, {1002, {"a", "b"}}})).was_removed());
  EXPECT_FALSE(Begun(ViewHistory()).was_removed());
}

// It ended, was left out until it is back, and ends again before that.
TEST(DepartureTest, WhoWasLeftOutBeforeItStartedWasNotRemoved) {
  EXPECT_FALSE(Begun(Views({{0, {"a", "b"}}, {1000, {"b"}}})).was_removed());
}

TEST(DepartureTest, WhoLeavesByItselfWasNotRemovedByTheViewThatFollows) {
  Departure departure = Begun(Views({{0, {"a", "b"}}}));
  departure.Begin(kNow + absl::Seconds(5), Views({{0, {"a", "b"}}, {1002, {"b"}}}));
  EXPECT_FALSE(departure.was_removed());
}

TEST(DepartureTest, WhoIsInNoViewMayGoAtOnce) {
  EXPECT_TRUE(Begun().IsOver(kNow, Views({{0, {"b"}}}), true, 0));
  EXPECT_TRUE(Begun().IsOver(kNow, ViewHistory(), true, 0));
}

}  // namespace
}  // namespace tributary
