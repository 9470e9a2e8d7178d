#include "proxy/route/view_maker.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(10'004);
const IntervalScale kScale(absl::Seconds(10));
const absl::Duration kSettled = absl::Milliseconds(2500);
using testing::ElementsAre;
using testing::IsEmpty;
using Standing = ViewMaker::Standing;

std::vector<Member> Members(const std::vector<std::string>& ids) {
  std::vector<Member> members;
  for (const std::string& id : ids) members.push_back({.id = id, .address = id + ":1", .weight = 1});
  return members;
}

std::vector<std::string> Ids(const std::optional<View>& view) {
  std::vector<std::string> ids;
  if (view.has_value()) {
    for (const Member& member : view->members) ids.push_back(member.id);
  }
  return ids;
}

ViewMaker NewMaker() { return ViewMaker({.scale = kScale, .confirm = absl::Minutes(10)}); }

// A maker to which no global has told a view.
ViewMaker NewCluster(const std::vector<std::string>& ids) {
  ViewMaker maker = NewMaker();
  maker.SetMembers(kNow, Members(ids));
  for (const std::string& id : ids) maker.Heard(kNow, id, Standing::kReady);
  return maker;
}

// A maker and the view in force: all of `ids` are ready and decided on.
struct Cluster {
  explicit Cluster(const std::vector<std::string>& ids) : maker(NewCluster(ids)), view(*maker.Take(kNow, nullptr)) {}

  // What becomes of it by `time`; a view that is made is in force from then on.
  std::vector<std::string> Take(absl::Time time) {
    const std::optional<View> next = maker.Take(time, &view);
    if (next.has_value()) view = *next;
    return Ids(next);
  }
  std::vector<std::string> Take() { return Take(now += kSettled); }
  void SetMembers(const std::vector<std::string>& ids) { maker.SetMembers(now, Members(ids)); }
  void Heard(const std::string& id, Standing standing) { maker.Heard(now, id, standing); }

  absl::Time now = kNow;
  ViewMaker maker;
  View view;
};

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
  ViewMaker maker = NewMaker();
  maker.SetMembers(kNow, Members({"a", "b"}));
  maker.Heard(kNow, "a", Standing::kReady);
  EXPECT_EQ(maker.Take(kNow + absl::Seconds(9), nullptr), std::nullopt);
  EXPECT_TRUE(maker.Take(kNow + absl::Seconds(10), nullptr).has_value());
}

TEST(ViewMakerTest, AProxyThatStartsAgainKeepsTheViewsThatGlobalsTell) {
  const View told{.sequence = 5, .effective_from = 990, .members = Members({"b", "a"})};
  EXPECT_EQ(NewCluster({"a", "b"}).Take(kNow + kSettled, &told), std::nullopt);
}

TEST(ViewMakerTest, AChangeIsInForceTwoIntervalsLater) {
  const View told{.sequence = 5, .effective_from = 0, .members = Members({"a"})};
  const std::optional<View> view = NewCluster({"a", "b"}).Take(kNow + kSettled, &told);
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

TEST(ViewMakerTest, ChangesAreGatheredUntilAQuarterIntervalIsQuiet) {
  Cluster cluster({"a", "b", "c"});
  cluster.SetMembers({"a", "b", "c", "d"});
  cluster.Heard("d", Standing::kReady);
  cluster.maker.SetMembers(kNow + absl::Seconds(2), Members({"a", "b", "d"}));
  EXPECT_THAT(cluster.Take(kNow + absl::Seconds(4)), IsEmpty());
  EXPECT_THAT(cluster.Take(kNow + absl::Seconds(4.5)), ElementsAre("a", "b", "d"));
}

TEST(ViewMakerTest, AListThatIsNeverQuietIsTakenAfterAnInterval) {
  Cluster cluster({"a", "b", "c"});
  for (int second = 0; second < 10; ++second) {
    cluster.maker.SetMembers(
        kNow + absl::Seconds(second),
        Members(second % 2 == 0 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a", "c"}));
    EXPECT_THAT(cluster.Take(kNow + absl::Seconds(second)), IsEmpty());
  }
  EXPECT_THAT(cluster.Take(kNow + absl::Seconds(10)), ElementsAre("a", "c"));
}

TEST(ViewMakerTest, WhoIsNotReadyJoinsLater) {
  Cluster cluster({"a", "b"});
  cluster.SetMembers({"a", "b", "c"});
  EXPECT_THAT(cluster.Take(cluster.now += absl::Seconds(10)), IsEmpty());
  EXPECT_THAT(cluster.maker.waiting(), ElementsAre("c"));
  cluster.Heard("c", Standing::kCold);
  EXPECT_THAT(cluster.Take(), IsEmpty());
  cluster.Heard("c", Standing::kReady);
  EXPECT_THAT(cluster.Take(), ElementsAre("a", "b", "c"));
}

TEST(ViewMakerTest, WhoIsInAViewStaysInItWithoutAWord) {
  Cluster cluster({"a", "b"});
  cluster.maker.Lost("b");
  cluster.Heard("b", Standing::kCold);
  EXPECT_THAT(cluster.Take(), IsEmpty());
  EXPECT_EQ(cluster.view.members, Members({"a", "b"}));
}

TEST(ViewMakerTest, WhoLeavesIsInNoViewUntilItIsBack) {
  for (const auto& ids : {std::vector<std::string>{"a", "b"}, {"a", "b", "c"}}) {
    Cluster cluster(ids);
    cluster.Heard("a", Standing::kLeaving);
    EXPECT_THAT(cluster.Take(), testing::ElementsAreArray(ids.begin() + 1, ids.end()));
    cluster.maker.Lost("a");
    EXPECT_THAT(cluster.Take(), IsEmpty());
    cluster.Heard("a", Standing::kReady);
    EXPECT_THAT(cluster.Take(), testing::ElementsAreArray(ids));
  }
}

TEST(ViewMakerTest, WhenAllLeaveTheViewStays) {
  Cluster cluster({"a", "b"});
  cluster.Heard("a", Standing::kLeaving);
  cluster.Heard("b", Standing::kLeaving);
  EXPECT_THAT(cluster.Take(), IsEmpty());
}

TEST(ViewMakerTest, AnotherProxysViewIsNotUndoneWhenAGlobalComesBack) {
  Cluster cluster({"a", "b", "c"});
  cluster.view = View{.sequence = 9, .effective_from = 1002, .members = Members({"a", "b"})};
  cluster.maker.Lost("c");
  cluster.Heard("c", Standing::kReady);
  EXPECT_THAT(cluster.Take(), IsEmpty());
}

// Members before, members found, and what the next view has.
TEST(ViewMakerTest, TheGuardKeepsMembersWhenMoreThanAThirdGoAtOnce) {
  struct Case {
    std::vector<std::string> before, found, after;
  };
  const std::vector<Case> cases = {
      {{"a", "b"}, {"a"}, {"a"}},
      {{"a", "b", "c"}, {"a", "b"}, {"a", "b"}},
      {{"a", "b", "c"}, {"a"}, {}},
      {{"a", "b", "c", "d"}, {"a", "b"}, {}},
      {{"a", "b", "c", "d", "e", "f"}, {"a", "b", "c", "d"}, {"a", "b", "c", "d"}},
      {{"a", "b", "c", "d", "e", "f"}, {"a", "b", "c"}, {}},
      {{"a", "b"}, {"c", "d"}, {"a", "b", "c", "d"}},
  };
  for (const Case& c : cases) {
    Cluster cluster(c.before);
    cluster.SetMembers(c.found);
    for (const std::string& id : c.found) cluster.Heard(id, Standing::kReady);
    EXPECT_EQ(cluster.Take(), c.after) << c.before.size() << " to " << c.found.size();
  }
}

TEST(ViewMakerTest, TheGuardGivesWayToAListThatStays) {
  Cluster cluster({"a", "b", "c", "d"});
  cluster.SetMembers({"a"});
  EXPECT_THAT(cluster.Take(), IsEmpty());
  EXPECT_THAT(cluster.maker.guarded(), ElementsAre("b", "c", "d"));
  EXPECT_THAT(cluster.Take(cluster.now + absl::Minutes(10) - absl::Seconds(1)), IsEmpty());
  EXPECT_THAT(cluster.Take(cluster.now + absl::Minutes(10)), ElementsAre("a"));
  EXPECT_THAT(cluster.maker.guarded(), IsEmpty());
}

TEST(ViewMakerTest, TheGuardsTimeBeginsAnewWhenMembersComeBack) {
  Cluster cluster({"a", "b", "c", "d"});
  cluster.SetMembers({"a"});
  EXPECT_THAT(cluster.Take(), IsEmpty());
  cluster.now += absl::Minutes(9);
  cluster.SetMembers({"a", "b", "c", "d"});
  EXPECT_THAT(cluster.Take(), IsEmpty());
  cluster.SetMembers({"a"});
  EXPECT_THAT(cluster.Take(cluster.now + absl::Minutes(9)), IsEmpty());
  EXPECT_THAT(cluster.maker.guarded(), ElementsAre("b", "c", "d"));
}

TEST(ViewMakerTest, WithoutAGuardEveryListIsTaken) {
  Cluster cluster({"a", "b", "c", "d"});
  cluster.maker.SetConfirm(absl::ZeroDuration());
  cluster.SetMembers({"a"});
  EXPECT_THAT(cluster.Take(), ElementsAre("a"));
}

}  // namespace
}  // namespace tributary
