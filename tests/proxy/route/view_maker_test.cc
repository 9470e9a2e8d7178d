#include "proxy/route/view_maker.h"

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

// A maker to which no global has told a view.
ViewMaker NewCluster(const std::vector<std::string>& ids) {
  ViewMaker maker(kScale);
  maker.SetMembers(kNow, Members(ids));
  for (const std::string& id : ids) maker.Heard(id);
  return maker;
}

TEST(ViewMakerTest, EqualListsMakeEqualFirstViewsInAnyOrder) {
  const std::optional<View> first = NewCluster({"a", "b"}).Take(kNow, nullptr);
  const std::optional<View> second = NewCluster({"b", "a"}).Take(kNow + absl::Hours(1), nullptr);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->effective_from, 0);
  EXPECT_EQ(first->sequence, second->sequence);
  EXPECT_EQ(first->members, second->members);
}

TEST(ViewMakerTest, OtherListsMakeOtherSequences) {
  EXPECT_NE(NewCluster({"a", "b"}).Take(kNow, nullptr)->sequence, NewCluster({"a", "c"}).Take(kNow, nullptr)->sequence);
}

TEST(ViewMakerTest, TheFirstViewWaitsForEveryGlobalOrAnInterval) {
  ViewMaker maker(kScale);
  maker.SetMembers(kNow, Members({"a", "b"}));
  maker.Heard("a");
  EXPECT_EQ(maker.Take(kNow + absl::Seconds(9), nullptr), std::nullopt);
  EXPECT_TRUE(maker.Take(kNow + absl::Seconds(10), nullptr).has_value());
}

TEST(ViewMakerTest, AProxyThatStartsAgainKeepsTheViewsThatGlobalsTell) {
  const View told{.sequence = 5, .effective_from = 990, .members = Members({"b", "a"})};
  EXPECT_EQ(NewCluster({"a", "b"}).Take(kNow, &told), std::nullopt);
}

TEST(ViewMakerTest, AChangeIsInForceTwoIntervalsLater) {
  const View told{.sequence = 5, .effective_from = 0, .members = Members({"a"})};
  const std::optional<View> view = NewCluster({"a", "b"}).Take(kNow, &told);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->effective_from, 1002);
  EXPECT_EQ(view->members, Members({"a", "b"}));
}

TEST(ViewMakerTest, AListMakesOneViewAtMost) {
  ViewMaker maker = NewCluster({"a", "b"});
  ASSERT_TRUE(maker.Take(kNow, nullptr).has_value());
  const View of_another{.sequence = 9, .effective_from = 1002, .members = Members({"a", "c"})};
  EXPECT_EQ(maker.Take(kNow, &of_another), std::nullopt);
  maker.SetMembers(kNow, Members({"b", "a"}));
  EXPECT_EQ(maker.Take(kNow, &of_another), std::nullopt);
}

TEST(ViewMakerTest, ListsThatMakeNoViewAreIgnored) {
  ViewMaker maker = NewCluster({"a", "b"});
  maker.SetMembers(kNow, {});
  maker.SetMembers(kNow, Members({"c", "c"}));
  EXPECT_EQ(maker.members(), Members({"a", "b"}));
}

}  // namespace
}  // namespace tributary
