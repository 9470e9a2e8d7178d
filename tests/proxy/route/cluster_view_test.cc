#include "proxy/route/cluster_view.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(ClusterViewTest, CountsThePartitionsOfEachMemberOfTheNewestView) {
  ViewHistory views;
  ASSERT_TRUE(views.Add({.sequence = 1, .effective_from = 0, .members = {{"c", "c:1", 1}}}));
  ASSERT_TRUE(views.Add({.sequence = 2, .effective_from = 9, .members = {{"b", "b:1", 3}, {"a", "a:1", 1}}}));
  const ClusterView view = NewestView(views);
  EXPECT_EQ(view.effective_from, 9);
  ASSERT_EQ(view.owners.size(), 2u);
  EXPECT_EQ(view.owners[0].member, (Member{"a", "a:1", 1}));
  EXPECT_EQ(view.owners[1].member, (Member{"b", "b:1", 3}));
  size_t of_a = 0;
  for (uint32_t p = 0; p < kPartitionCount; ++p) {
    of_a += views.OwnerOf(static_cast<PartitionId>(p), 9)->id == "a" ? 1 : 0;
  }
  EXPECT_EQ(view.owners[0].partitions, of_a);
  EXPECT_EQ(view.owners[0].partitions + view.owners[1].partitions, kPartitionCount);
  EXPECT_FALSE(view.owners[0].connected);
}

TEST(ClusterViewTest, WhoIsInNoViewAnyMoreIsAFormerMember) {
  const IntervalScale scale(absl::Seconds(10));
  const auto view = [](IntervalIndex from, const std::vector<std::string>& ids) {
    View made{.sequence = 1, .effective_from = from};
    for (const std::string& id : ids) made.members.push_back({id, id + ":1", 1});
    return made;
  };
  ViewHistory views;
  EXPECT_TRUE(FormerMembers(views, scale).empty());
  ASSERT_TRUE(views.Add(view(0, {"a", "b", "c"})));
  EXPECT_TRUE(FormerMembers(views, scale).empty());
  ASSERT_TRUE(views.Add(view(10, {"a"})));       // b and c leave
  ASSERT_TRUE(views.Add(view(20, {"a", "b"})));  // b is back
  ASSERT_TRUE(views.Add(view(30, {"a", "b"})));
  const std::vector<FormerMember> former = FormerMembers(views, scale);
  ASSERT_EQ(former.size(), 1u);
  EXPECT_EQ(former[0].member.id, "c");
  EXPECT_EQ(former[0].left, 10);
  EXPECT_EQ(former[0].left_at, scale.Start(10));
}

}  // namespace
}  // namespace tributary
