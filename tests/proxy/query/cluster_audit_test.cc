#include "proxy/query/cluster_audit.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using State = v1::AgentState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kAda(16, 'a');

GlobalState Heard(const std::string& id) {
  GlobalState global;
  global.global.id = id;
  return global;
}

void AddShare(GlobalState& global, IntervalIndex interval, std::optional<uint64_t> announced, uint64_t committed,
              uint64_t late = 0) {
  v1::IntervalShares& shares = *global.state.add_audit();
  shares.set_interval(interval);
  v1::Share& share = *shares.add_shares();
  share.set_instance(kAda);
  if (announced) share.set_announced(*announced);
  share.set_committed(committed);
  share.set_late(late);
}

// Ada's books; they balance.
void AddBooks(GlobalState& global, State::State state, uint64_t committed, uint64_t pending, uint64_t dropped = 0,
              const std::string& reason = "forward_memory") {
  v1::AgentState& agent = *global.state.add_agents();
  agent.set_instance(kAda);
  agent.set_host("web-1");
  agent.set_state(state);
  agent.set_last_interval(8);
  v1::Books& books = *agent.mutable_books();
  books.set_accepted(committed + pending + dropped);
  books.set_committed(committed);
  books.set_pending(pending);
  v1::Drop& drop = *books.add_dropped();
  drop.set_reason(reason);
  drop.set_sample_count(dropped);
}

ClusterAudit Audit(std::vector<GlobalState> globals) { return AuditOf(MergeStates({}, std::move(globals))); }

// Both globals own a part of what Ada announced.
std::vector<GlobalState> TwoGlobals(uint64_t committed_by_first, uint64_t committed_by_second) {
  std::vector<GlobalState> globals = {Heard("g0"), Heard("g1")};
  AddShare(globals[0], 7, 30, committed_by_first);
  AddShare(globals[1], 7, 30, committed_by_second);
  return globals;
}

TEST(ClusterAuditTest, WhatAllGlobalsCommittedIsWhatWasAnnounced) {
  const ClusterAudit audit = Audit(TwoGlobals(10, 20));
  EXPECT_THAT(audit.problems, IsEmpty());
  EXPECT_THAT(audit.off, IsEmpty());
  EXPECT_EQ(audit.sums.announced, 30u);
  EXPECT_EQ(audit.sums.committed, 30u);
}

TEST(ClusterAuditTest, WhatNobodyAccountsForIsMissingAndNamed) {
  const ClusterAudit audit = Audit(TwoGlobals(10, 15));
  EXPECT_THAT(audit.problems, ElementsAre("5 samples are missing"));
  ASSERT_THAT(audit.off, SizeIs(1));
  EXPECT_EQ(audit.off[0].interval, 7);
  EXPECT_EQ(audit.off[0].instance, *InstanceId::FromBytes(kAda));
  EXPECT_EQ(audit.off[0].sums.missing, 5u);
}

TEST(ClusterAuditTest, WhatIsCommittedTwiceIsDoubled) {
  const ClusterAudit audit = Audit(TwoGlobals(30, 20));
  EXPECT_THAT(audit.problems, ElementsAre("20 samples are committed more than once"));
  EXPECT_EQ(audit.sums.doubled, 20u);
  EXPECT_EQ(audit.sums.missing, 0u);
}

TEST(ClusterAuditTest, WhatALivingAgentStillHasIsUnderWay) {
  std::vector<GlobalState> globals = TwoGlobals(10, 15);
  AddBooks(globals[0], State::STATE_LIVE, 25, 5);
  const ClusterAudit audit = Audit(globals);
  EXPECT_THAT(audit.problems, IsEmpty());
  EXPECT_EQ(audit.sums.under_way, 5u);
}

TEST(ClusterAuditTest, WhatIsUnderWayIsOfTheNewestIntervals) {
  std::vector<GlobalState> globals = {Heard("g0")};
  AddShare(globals[0], 7, 30, 25);
  AddShare(globals[0], 8, 30, 0);
  AddBooks(globals[0], State::STATE_LIVE, 25, 30);
  const ClusterAudit audit = Audit(globals);
  ASSERT_THAT(audit.intervals, SizeIs(2));
  EXPECT_EQ(audit.intervals[0].sums.missing, 5u);
  EXPECT_EQ(audit.intervals[1].sums.under_way, 30u);
}

TEST(ClusterAuditTest, WhatAnAgentHasCountedAsDroppedIsDropped) {
  std::vector<GlobalState> globals = TwoGlobals(10, 15);
  AddBooks(globals[0], State::STATE_LIVE, 25, 0, 5);
  const ClusterAudit audit = Audit(globals);
  EXPECT_THAT(audit.problems, IsEmpty());
  EXPECT_EQ(audit.sums.dropped, 5u);
}

TEST(ClusterAuditTest, ADropBeforeAnyUnitExcusesNothing) {
  std::vector<GlobalState> globals = TwoGlobals(10, 15);
  AddBooks(globals[0], State::STATE_LIVE, 25, 0, 5, "rule");
  EXPECT_EQ(Audit(globals).sums.missing, 5u);
}

TEST(ClusterAuditTest, WhatADeadAgentHadIsLostWithIt) {
  std::vector<GlobalState> globals = TwoGlobals(10, 15);
  AddBooks(globals[0], State::STATE_DEAD, 25, 5);
  const ClusterAudit audit = Audit(globals);
  EXPECT_THAT(audit.problems, IsEmpty());
  EXPECT_EQ(audit.sums.lost, 5u);
}

TEST(ClusterAuditTest, WithoutAMarkerNothingIsMissing) {
  std::vector<GlobalState> globals = {Heard("g0")};
  AddShare(globals[0], 7, std::nullopt, 12, 3);
  const ClusterAudit audit = Audit(globals);
  EXPECT_THAT(audit.problems, IsEmpty());
  EXPECT_EQ(audit.sums.unannounced, 12u);
  EXPECT_EQ(audit.sums.late, 3u);
}

TEST(ClusterAuditTest, AGlobalThatIsNotHeardIsAProblem) {
  std::vector<GlobalState> globals = TwoGlobals(10, 15);
  globals.push_back(Heard("g2"));
  globals.back().status = absl::UnavailableError("connection refused");
  const ClusterAudit audit = Audit(globals);
  EXPECT_THAT(audit.problems, ElementsAre("what g2 has committed is not known: connection refused"));
  EXPECT_EQ(audit.sums.unheard, 5u);
}

TEST(ClusterAuditTest, BooksThatAreOffAreAProblem) {
  std::vector<GlobalState> globals = TwoGlobals(10, 20);
  AddBooks(globals[0], State::STATE_LIVE, 30, 0);
  globals[0].state.mutable_agents(0)->mutable_books()->set_accepted(31);
  globals[1].state.mutable_books()->set_accepted(3);
  EXPECT_THAT(Audit(globals).problems,
              ElementsAre("the books of g1 are off by 3 samples", HasSubstr("the books of agent web-1")));
}

}  // namespace
}  // namespace tributary
