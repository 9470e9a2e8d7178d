#include "proxy/query/cluster_status.h"

#include <string>
#include <vector>

#include "common/wire/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using State = v1::AgentState;
using ::testing::SizeIs;

const std::string kAda(16, 'a');
const std::string kBob(16, 'b');

v1::Books BooksOf(uint64_t accepted, uint64_t committed, uint64_t pending, uint64_t dropped = 0) {
  v1::Books books;
  books.set_accepted(accepted);
  books.set_committed(committed);
  books.set_pending(pending);
  if (dropped > 0) {
    books.add_dropped()->set_reason("rule");
    books.mutable_dropped(0)->set_sample_count(dropped);
  }
  return books;
}

void AddAgent(GlobalState& global, const std::string& instance, const std::string& host, State::State state,
              IntervalIndex last_interval, const std::optional<v1::Books>& books) {
  v1::AgentState& agent = *global.state.add_agents();
  agent.set_instance(instance);
  agent.set_host(host);
  agent.set_state(state);
  agent.set_last_interval(last_interval);
  if (books) *agent.mutable_books() = *books;
}

GlobalState Heard(const std::string& id) {
  GlobalState global;
  global.global.id = id;
  return global;
}

TEST(MergeStatesTest, TheNewestBooksOfAnAgentCount) {
  GlobalState behind = Heard("g0"), ahead = Heard("g1");
  AddAgent(behind, kAda, "web-1", State::STATE_LIVE, 7, BooksOf(70, 60, 10));
  AddAgent(ahead, kAda, "web-1", State::STATE_LIVE, 8, BooksOf(80, 75, 5));
  for (const auto& order : {std::vector{behind, ahead}, std::vector{ahead, behind}}) {
    const ClusterStatus status = MergeStates({}, order);
    ASSERT_THAT(status.agents, SizeIs(1));
    EXPECT_EQ(status.agents[0].last_interval, 8);
    EXPECT_EQ(status.agents[0].books->accepted(), 80u);
    EXPECT_EQ(status.books.pending(), 5u);
  }
}

TEST(MergeStatesTest, AGoodbyeCountsMoreThanTheMarkerOfItsInterval) {
  GlobalState marker = Heard("g0"), goodbye = Heard("g1");
  AddAgent(marker, kAda, "web-1", State::STATE_LIVE, 7, BooksOf(70, 60, 10));
  AddAgent(goodbye, kAda, "web-1", State::STATE_LEFT, 7, BooksOf(70, 70, 0));
  for (const auto& order : {std::vector{marker, goodbye}, std::vector{goodbye, marker}}) {
    const ClusterStatus status = MergeStates({}, order);
    EXPECT_EQ(status.agents[0].state, State::STATE_LEFT);
    EXPECT_EQ(status.agents[0].books->committed(), 70u);
  }
}

TEST(MergeStatesTest, AnAgentIsAsWellAsWhoeverHeardItBestSays) {
  GlobalState hears = Heard("g0"), was_frozen = Heard("g1");
  AddAgent(hears, kAda, "web-1", State::STATE_LIVE, 7, std::nullopt);
  AddAgent(was_frozen, kAda, "web-1", State::STATE_SILENT, 3, std::nullopt);
  EXPECT_EQ(MergeStates({}, {was_frozen, hears}).agents[0].state, State::STATE_LIVE);
}

TEST(MergeStatesTest, AddsUpTheAgentsByHost) {
  GlobalState global = Heard("g0");
  AddAgent(global, kAda, "web-2", State::STATE_LIVE, 7, BooksOf(100, 60, 30, 10));
  AddAgent(global, kBob, "web-1", State::STATE_LOST, 3, BooksOf(7, 1, 4, 2));
  global.state.mutable_agents(0)->mutable_books()->set_local(0);
  const ClusterStatus status = MergeStates({}, {global});
  ASSERT_THAT(status.agents, SizeIs(2));
  EXPECT_EQ(status.agents[0].host, "web-1");
  EXPECT_EQ(status.books.accepted(), 107u);
  EXPECT_EQ(status.books.committed(), 61u);
  EXPECT_EQ(status.books.pending(), 34u);
  EXPECT_EQ(DroppedOf(status.books), 12u);
  EXPECT_EQ(DifferenceOf(status.books), 0);
  EXPECT_TRUE(status.balanced);
  EXPECT_EQ(status.untold, 0u);
}

TEST(MergeStatesTest, WhatIsMissingInOneAgentIsNotMadeUpByAnother) {
  GlobalState global = Heard("g0");
  AddAgent(global, kAda, "web-1", State::STATE_LIVE, 7, BooksOf(10, 9, 0));
  AddAgent(global, kBob, "web-2", State::STATE_LIVE, 7, BooksOf(10, 11, 0));
  const ClusterStatus status = MergeStates({}, {global});
  EXPECT_EQ(DifferenceOf(status.books), 0);
  EXPECT_FALSE(status.balanced);
}

TEST(MergeStatesTest, AGlobalsOwnBooksMustBalanceToo) {
  GlobalState global = Heard("g0");
  *global.state.mutable_books() = BooksOf(10, 9, 0);
  EXPECT_FALSE(MergeStates({}, {global}).balanced);
  global.state.mutable_books()->set_open(1);
  EXPECT_TRUE(MergeStates({}, {global}).balanced);
}

TEST(MergeStatesTest, AnAgentThatTellsNoBooksIsCountedAndLeftOut) {
  GlobalState global = Heard("g0");
  AddAgent(global, kAda, "web-1", State::STATE_LIVE, 7, std::nullopt);
  const ClusterStatus status = MergeStates({}, {global});
  EXPECT_EQ(status.untold, 1u);
  EXPECT_TRUE(status.balanced);
}

TEST(MergeStatesTest, WhatIsMalformedIsLeftOut) {
  GlobalState global = Heard("g0");
  AddAgent(global, "short", "a", State::STATE_LIVE, 7, std::nullopt);
  AddAgent(global, std::string(16, '\0'), "b", State::STATE_LIVE, 7, std::nullopt);
  AddAgent(global, kAda, "c", State::STATE_UNSPECIFIED, 7, std::nullopt);
  AddAgent(global, kAda, "d", static_cast<State::State>(99), 7, std::nullopt);
  AddAgent(global, kAda, "e", State::STATE_LIVE, kMaxInterval + 1, std::nullopt);
  AddAgent(global, kAda, "f", State::STATE_LIVE, -2, std::nullopt);
  EXPECT_THAT(MergeStates({}, {global}).agents, SizeIs(0));
}

// g0 answers, g1 does not.
class HalfDead : public Inspector {
 public:
  std::vector<GlobalState> Inspect(const std::vector<Member>& globals, const v1::InspectRequest&,
                                   absl::Duration timeout) override {
    last_timeout = timeout;
    std::vector<GlobalState> states(globals.size());
    for (size_t i = 0; i < globals.size(); ++i) states[i].global = globals[i];
    AddAgent(states[0], kAda, "web-1", State::STATE_LIVE, 7, BooksOf(1, 1, 0));
    states[1].status = absl::DeadlineExceededError("Deadline Exceeded");
    AddAgent(states[1], kBob, "half an answer", State::STATE_LIVE, 7, std::nullopt);
    return states;
  }
  absl::Duration last_timeout;
};

class ClusterInspectionTest : public ::testing::Test {
 protected:
  absl::StatusOr<ClusterStatus> Inspect(int max_concurrent = 4) {
    ClusterInspection inspection(inspector_, [this] { return view_; }, clock_, {.max_concurrent = max_concurrent});
    return inspection.Inspect();
  }
  HalfDead inspector_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  ClusterView view_{.effective_from = 5, .owners = {{{"g0", "g0:1"}}, {{"g1", "g1:1"}}}};
};

TEST_F(ClusterInspectionTest, WhoDoesNotAnswerIsNamedAndTheRestIsThere) {
  const auto status = Inspect();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->now, clock_.Now());
  EXPECT_EQ(status->view.effective_from, 5);
  EXPECT_TRUE(status->globals[0].status.ok());
  EXPECT_EQ(status->globals[1].global.id, "g1");
  EXPECT_EQ(status->globals[1].status, absl::DeadlineExceededError("no answer in 2s"));
  ASSERT_THAT(status->agents, SizeIs(1));
  EXPECT_EQ(status->books.accepted(), 1u);
  EXPECT_EQ(inspector_.last_timeout, absl::Seconds(2));
}

TEST_F(ClusterInspectionTest, ThereMustBeAGlobalToAsk) {
  view_.owners.clear();
  EXPECT_EQ(Inspect().status(), absl::UnavailableError("no global is known"));
}

TEST_F(ClusterInspectionTest, WhoIsTooManyIsTurnedAway) {
  EXPECT_EQ(Inspect(0).status(), absl::UnavailableError("more than 0 look at once"));
}

}  // namespace
}  // namespace tributary
