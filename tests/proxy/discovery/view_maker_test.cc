#include "proxy/discovery/view_maker.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(10'004);
const IntervalScale kScale(absl::Seconds(10));

std::vector<Member> Members(const std::vector<std::string>& ids) {
  std::vector<Member> members;
  for (const std::string& id : ids) members.push_back({.id = id, .address = id + ":1", .weight = 1});
  return members;
}

TEST(ViewMakerTest, EqualListsMakeEqualFirstViewsInAnyOrder) {
  ViewMaker one(kScale);
  ViewMaker other(kScale);
  const std::optional<View> first = one.Update(kNow, Members({"a", "b"}));
  const std::optional<View> second = other.Update(kNow + absl::Hours(1), Members({"b", "a"}));
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->effective_from, 0);
  EXPECT_EQ(first->sequence, second->sequence);
  EXPECT_EQ(first->members, second->members);
}

TEST(ViewMakerTest, OtherListsMakeOtherSequences) {
  ViewMaker one(kScale);
  ViewMaker other(kScale);
  EXPECT_NE(one.Update(kNow, Members({"a", "b"}))->sequence, other.Update(kNow, Members({"a", "c"}))->sequence);
}

TEST(ViewMakerTest, AChangeIsInForceTwoIntervalsLater) {
  ViewMaker maker(kScale);
  (void)maker.Update(kNow, Members({"a"}));
  const std::optional<View> view = maker.Update(kNow, Members({"a", "b"}));
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->effective_from, 1002);
}

TEST(ViewMakerTest, NoChangeAndNoMembersMakeNoView) {
  ViewMaker maker(kScale);
  (void)maker.Update(kNow, Members({"a", "b"}));
  EXPECT_EQ(maker.Update(kNow, Members({"b", "a"})), std::nullopt);
  EXPECT_EQ(maker.Update(kNow, {}), std::nullopt);
}

TEST(ViewMakerTest, AnIdThatIsThereTwiceMakesNoView) {
  ViewMaker maker(kScale);
  EXPECT_EQ(maker.Update(kNow, Members({"a", "a"})), std::nullopt);
}

}  // namespace
}  // namespace tributary
