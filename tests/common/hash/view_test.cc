#include "common/hash/view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

std::vector<Member> Globals(int count) {
  std::vector<Member> members;
  for (int i = 0; i < count; ++i)
    members.push_back({absl::StrCat("global-", i), absl::StrCat("10.0.0.", i, ":8126"), 1});
  return members;
}

std::vector<std::string> Owners(const Assignment& assignment) {
  std::vector<std::string> owners;
  for (uint32_t p = 0; p < kPartitionCount; ++p) owners.push_back(assignment.OwnerOf(static_cast<PartitionId>(p))->id);
  return owners;
}

std::map<std::string, int> Loads(const Assignment& assignment) {
  std::map<std::string, int> loads;
  for (const std::string& owner : Owners(assignment)) ++loads[owner];
  return loads;
}

double ShareMoved(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  int moved = 0;
  for (size_t p = 0; p < before.size(); ++p) moved += before[p] != after[p];
  return static_cast<double>(moved) / kPartitionCount;
}

TEST(AssignmentTest, NobodyOwnsAnythingWithoutMembers) {
  const Assignment assignment({});
  EXPECT_EQ(assignment.OwnerOf(0), nullptr);
  EXPECT_EQ(assignment.OwnerOf(kPartitionCount - 1), nullptr);
  EXPECT_TRUE(assignment.Preference(0).empty());
}

TEST(AssignmentTest, OnlyMemberOwnsAll) {
  EXPECT_EQ(Loads(Assignment(Globals(1)))["global-0"], static_cast<int>(kPartitionCount));
}

// The bound is rounded up to whole partitions: one more than 1.1 of the fair share at most.
class MemberCountTest : public testing::TestWithParam<int> {};

TEST_P(MemberCountTest, NobodyHoldsMoreThanTheLoadBound) {
  const double fair_share = static_cast<double>(kPartitionCount) / GetParam();
  for (const auto& [id, load] : Loads(Assignment(Globals(GetParam())))) {
    EXPECT_LE(load, 1.1 * fair_share + 1) << id;
  }
}

TEST_P(MemberCountTest, EveryMemberHoldsSome) {
  EXPECT_EQ(Loads(Assignment(Globals(GetParam()))).size(), static_cast<size_t>(GetParam()));
}

TEST_P(MemberCountTest, AMemberThatLeavesMovesAboutItsShare) {
  const std::vector<Member> members = Globals(GetParam());
  std::vector<Member> fewer = members;
  fewer.erase(fewer.begin() + GetParam() / 2);
  if (fewer.empty()) return;
  const double share = 1.0 / GetParam();
  EXPECT_LE(ShareMoved(Owners(Assignment(members)), Owners(Assignment(fewer))), share * 1.25 + 0.005);
}

TEST_P(MemberCountTest, AMemberThatJoinsMovesAboutItsShare) {
  const double share = 1.0 / (GetParam() + 1);
  const double moved = ShareMoved(Owners(Assignment(Globals(GetParam()))), Owners(Assignment(Globals(GetParam() + 1))));
  EXPECT_LE(moved, share * 1.25 + 0.005);
  EXPECT_GE(moved, share * 0.75 - 0.005);
}

INSTANTIATE_TEST_SUITE_P(Sizes, MemberCountTest, testing::Values(1, 2, 3, 5, 10, 20, 50, 100, 200));

TEST(AssignmentTest, WeightsShareTheLoadOut) {
  std::vector<Member> members = Globals(12);
  double total = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    members[i].weight = static_cast<double>(1 + i % 4);
    total += members[i].weight;
  }
  std::map<std::string, int> loads = Loads(Assignment(members));
  for (const Member& member : members) {
    const double fair_share = kPartitionCount * member.weight / total;
    EXPECT_LE(loads[member.id], 1.1 * fair_share + 1) << member.id;
    EXPECT_GE(loads[member.id], fair_share - 4 * std::sqrt(fair_share)) << member.id;  // four standard deviations
  }
}

TEST(AssignmentTest, TheOrderOfMembersDoesNotMatter) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<Member> members = Globals(37);
  const std::vector<std::string> owners = Owners(Assignment(members));
  std::shuffle(members.begin(), members.end(), random);
  EXPECT_EQ(Owners(Assignment(members)), owners);
}

TEST(AssignmentTest, AddressesDoNotMatter) {
  std::vector<Member> members = Globals(7);
  const std::vector<std::string> owners = Owners(Assignment(members));
  for (Member& member : members) member.address = absl::StrCat("moved-", member.address);
  EXPECT_EQ(Owners(Assignment(members)), owners);
}

// Stored when written: owners must not change between versions of the program.
TEST(AssignmentTest, OwnersAreFrozen) {
  const Assignment assignment(Globals(5));
  std::vector<std::string> owners;
  for (const PartitionId p : {0, 1, 2, 1000, 2047, 4094, 4095}) owners.push_back(assignment.OwnerOf(p)->id);
  EXPECT_EQ(owners, (std::vector<std::string>{"global-1", "global-0", "global-1", "global-3", "global-4", "global-0",
                                              "global-3"}));
}

TEST(AssignmentTest, PreferenceNamesEveryMemberOnceAndMostlyTheOwnerFirst) {
  const Assignment assignment(Globals(9));
  int owner_first = 0;
  for (uint32_t p = 0; p < kPartitionCount; ++p) {
    const auto partition = static_cast<PartitionId>(p);
    std::vector<const Member*> preference = assignment.Preference(partition);
    owner_first += preference.front() == assignment.OwnerOf(partition);
    std::sort(preference.begin(), preference.end());
    EXPECT_EQ(std::adjacent_find(preference.begin(), preference.end()), preference.end());
    EXPECT_EQ(preference.size(), 9u);
  }
  EXPECT_GT(owner_first, 0.95 * kPartitionCount);
}

TEST(AssignmentTest, AMemberThatLeavesIsReplacedByTheNextInPreference) {
  const Assignment before(Globals(20));
  std::vector<Member> fewer = Globals(20);
  fewer.erase(fewer.begin() + 4);
  const Assignment after(fewer);
  int replaced = 0;
  int lost = 0;
  for (uint32_t p = 0; p < kPartitionCount; ++p) {
    const auto partition = static_cast<PartitionId>(p);
    const std::vector<const Member*> preference = before.Preference(partition);
    if (before.OwnerOf(partition)->id != "global-4" || preference[0]->id != "global-4") continue;
    ++lost;
    replaced += after.OwnerOf(partition)->id == preference[1]->id;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(replaced, 0.8 * lost);
}

View ViewFrom(IntervalIndex effective_from, uint64_t sequence, const std::string& only_member) {
  return {.sequence = sequence, .effective_from = effective_from, .members = {{only_member, "host:1", 1}}};
}

TEST(ViewTest, IsWellFormedWithinItsLimits) {
  EXPECT_TRUE(View().IsWellFormed());
  EXPECT_TRUE((View{.members = Globals(static_cast<int>(View::kMaxMembers))}).IsWellFormed());
  EXPECT_FALSE((View{.members = Globals(static_cast<int>(View::kMaxMembers) + 1)}).IsWellFormed());
  EXPECT_FALSE((View{.members = {{"a", "x:1", 1}, {"a", "y:1", 1}}}).IsWellFormed());
  EXPECT_FALSE((View{.members = {{"", "x:1", 1}}}).IsWellFormed());
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double weight : {0.0, -1.0, 1e-4, 1e4, infinity, std::nan("")}) {
    EXPECT_FALSE((View{.members = {{"a", "x:1", weight}}}).IsWellFormed()) << weight;
  }
}

TEST(ViewHistoryTest, KnowsNobodyWithoutAView) {
  const ViewHistory history;
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.newest(), nullptr);
  EXPECT_EQ(history.OwnerOf(0, 0), nullptr);
  EXPECT_EQ(history.AssignmentAt(0), nullptr);
}

TEST(ViewHistoryTest, AnIntervalIsDecidedByTheViewInForce) {
  ViewHistory history;
  EXPECT_TRUE(history.Add(ViewFrom(20, 2, "b")));
  EXPECT_TRUE(history.Add(ViewFrom(10, 1, "a")));
  EXPECT_TRUE(history.Add(ViewFrom(30, 3, "c")));
  EXPECT_EQ(history.OwnerOf(7, 10)->id, "a");
  EXPECT_EQ(history.OwnerOf(7, 19)->id, "a");
  EXPECT_EQ(history.OwnerOf(7, 20)->id, "b");
  EXPECT_EQ(history.OwnerOf(7, 29)->id, "b");
  EXPECT_EQ(history.OwnerOf(7, 1000)->id, "c");
  EXPECT_EQ(history.newest()->sequence, 3u);
}

TEST(ViewHistoryTest, TheOldestViewDecidesWhatWasBeforeIt) {
  ViewHistory history;
  history.Add(ViewFrom(10, 1, "a"));
  EXPECT_EQ(history.OwnerOf(7, -5)->id, "a");
}

TEST(ViewHistoryTest, OfViewsFromOneIntervalTheLargerSequenceDecides) {
  ViewHistory history;
  EXPECT_TRUE(history.Add(ViewFrom(10, 5, "late")));
  EXPECT_TRUE(history.Add(ViewFrom(10, 4, "early")));
  EXPECT_EQ(history.OwnerOf(7, 10)->id, "late");
}

TEST(ViewHistoryTest, AKnownViewChangesNothing) {
  ViewHistory history;
  EXPECT_TRUE(history.Add(ViewFrom(10, 5, "a")));
  EXPECT_FALSE(history.Add(ViewFrom(10, 5, "b")));
  EXPECT_EQ(history.OwnerOf(7, 10)->id, "a");
  EXPECT_EQ(history.views().size(), 1u);
}

TEST(ViewHistoryTest, AMalformedViewIsRefused) {
  ViewHistory history;
  EXPECT_FALSE(history.Add(ViewFrom(10, 5, "")));
  EXPECT_TRUE(history.empty());
}

TEST(ViewHistoryTest, KeepsTheNewest) {
  ViewHistory history;
  for (int i = 0; i < 44; ++i) EXPECT_TRUE(history.Add(ViewFrom(10 * i, 1, absl::StrCat("m", i))));
  ASSERT_EQ(history.views().size(), ViewHistory::kKept);
  EXPECT_EQ(history.views().front().effective_from, 120);
  EXPECT_FALSE(history.Add(ViewFrom(110, 9, "old")));
  EXPECT_EQ(history.views().front().effective_from, 120);
}

TEST(ViewHistoryTest, AnEmptyViewOwnsNothing) {
  ViewHistory history;
  EXPECT_TRUE(history.Add(View{.sequence = 1, .effective_from = 5}));
  EXPECT_EQ(history.OwnerOf(0, 5), nullptr);
  EXPECT_NE(history.AssignmentAt(5), nullptr);
}

}  // namespace
}  // namespace tributary
