#include "proxy/route/router.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/wire/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

InstanceId Agent(int number) { return *InstanceId::FromBytes("agent-000000000" + std::to_string(number)); }

// A router whose ways out are lists, and queues that are full when the test says so.
class RouterTest : public testing::Test, private RouterPorts {
 protected:
  RouterTest() : router_(MakeOptions(), *this) {}

  static Router::Options MakeOptions() {
    Router::Options options;
    options.cluster = "test";
    options.instance = *InstanceId::FromBytes("proxy-0000000000");
    options.incarnation = 77;
    return options;
  }

  bool SendUp(const std::string& owner, v1::Up message) override {
    if (full_owners_.contains(owner)) return false;
    up_[owner].push_back(std::move(message));
    return true;
  }
  bool SendDown(SessionId session, v1::Down message) override {
    if (full_sessions_.contains(session)) return false;
    EXPECT_TRUE(Validate(message).ok()) << message.DebugString();
    down_[session].push_back(std::move(message));
    return true;
  }
  void Close(SessionId session) override { closed_.push_back(session); }

  static std::vector<Member> Members(const std::vector<std::string>& ids) {
    std::vector<Member> members;
    for (const std::string& id : ids) members.push_back({.id = id, .address = id + ":1", .weight = 1});
    return members;
  }
  // As told by a global.
  void SetMembers(IntervalIndex effective_from, const std::vector<std::string>& ids) {
    v1::Down down = ForProxy();
    *down.mutable_view() = ToProto(View{++sequence_, effective_from, Members(ids)});
    router_.UpstreamMessage(now_, "teller", down);
  }
  static v1::Down ForProxy() {
    v1::Down down;
    down.set_instance("proxy-0000000000");
    return down;
  }
  static v1::Up From(int agent) {
    v1::Up up;
    up.set_instance(std::string(Agent(agent).bytes()));
    return up;
  }
  static v1::Up HelloOf(int agent) {
    v1::Up up = From(agent);
    v1::Hello* hello = up.mutable_hello();
    hello->set_protocol_version(1);
    hello->set_cluster("test");
    hello->set_role(v1::ROLE_AGENT);
    hello->set_interval_ms(10'000);
    hello->set_partition_count(kPartitionCount);
    return up;
  }
  void Say(SessionId session, v1::Up up) { router_.SessionMessage(now_, session, std::move(up)); }
  void Join(SessionId session, int agent) {
    router_.SessionOpened(session);
    Say(session, HelloOf(agent));
  }
  static v1::Up BatchOf(int agent, IntervalIndex interval, const std::vector<uint32_t>& partitions) {
    v1::Up up = From(agent);
    for (const uint32_t partition : partitions) {
      v1::Block* block = up.mutable_batch()->add_blocks();
      block->set_interval(interval);
      block->set_partition(partition);
      block->set_chunk_count(1);
      block->set_sample_count(5);
      block->set_codec(v1::CODEC_RAW);
      block->set_payload("payload");
    }
    return up;
  }
  static v1::Down For(int agent) {
    v1::Down down;
    down.set_instance(std::string(Agent(agent).bytes()));
    return down;
  }

  // One partition of each owner.
  uint32_t PartitionOf(const std::string& owner) {
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
      if (router_.views().OwnerOf(static_cast<PartitionId>(p), kInterval)->id == owner) return p;
    }
    ADD_FAILURE() << owner << " owns nothing";
    return 0;
  }
  // What was answered to `session` since the last call, as status and number of blocks.
  std::map<v1::BlockStatus, int> Answers(SessionId session) {
    std::map<v1::BlockStatus, int> answers;
    for (const v1::Down& down : down_[session]) {
      for (const auto& blocks : down.received().blocks()) answers[blocks.status()] += blocks.partitions_size();
    }
    down_[session].clear();
    return answers;
  }
  std::string Refusal(SessionId session) {
    for (const v1::Down& down : down_[session]) {
      if (down.has_refusal()) return down.refusal().reason();
    }
    return "";
  }

  static constexpr IntervalIndex kInterval = 1000;
  absl::Time now_ = absl::FromUnixSeconds(10'000);
  uint64_t sequence_ = 0;
  SessionId last_ = 100;
  std::map<std::string, std::vector<v1::Up>> up_;
  std::map<SessionId, std::vector<v1::Down>> down_;
  std::vector<SessionId> closed_;
  std::set<std::string> full_owners_;
  std::set<SessionId> full_sessions_;
  Router router_;
};

TEST_F(RouterTest, AnAgentIsWelcomedAndHearsEveryView) {
  SetMembers(0, {"a"});
  SetMembers(5, {"a", "b"});
  Join(1, 1);
  ASSERT_THAT(down_[1], SizeIs(3));
  EXPECT_EQ(down_[1][0].welcome().incarnation(), 77u);
  EXPECT_EQ(down_[1][0].owner(), "");
  EXPECT_EQ(down_[1][1].view().members_size(), 1);
  EXPECT_EQ(down_[1][2].view().members_size(), 2);
}

TEST_F(RouterTest, AnOwnerHearsTheProxyTheViewsAndEveryAgent) {
  SetMembers(0, {"a"});
  Join(1, 1);
  Join(2, 2);
  router_.UpstreamOpened("a");
  ASSERT_THAT(up_["a"], SizeIs(4));
  EXPECT_EQ(up_["a"][0].hello().role(), v1::ROLE_PROXY);
  EXPECT_TRUE(up_["a"][1].has_view());
  EXPECT_EQ(up_["a"][2].instance(), Agent(1).bytes());
  EXPECT_EQ(up_["a"][3].instance(), Agent(2).bytes());
  Join(3, 3);
  EXPECT_EQ(up_["a"].back().instance(), Agent(3).bytes());
}

TEST_F(RouterTest, ABatchIsSplitByOwner) {
  SetMembers(0, {"a", "b"});
  router_.UpstreamOpened("a");
  router_.UpstreamOpened("b");
  Join(1, 1);
  Say(1, BatchOf(1, kInterval, {PartitionOf("a"), PartitionOf("b")}));
  for (const std::string owner : {"a", "b"}) {
    const v1::Up& up = up_[owner].back();
    EXPECT_EQ(up.batch().owner(), owner);
    ASSERT_EQ(up.batch().blocks_size(), 1);
    EXPECT_EQ(up.batch().blocks(0).partition(), PartitionOf(owner));
    EXPECT_EQ(up.batch().blocks(0).payload(), "payload");
    EXPECT_EQ(router_.owner_counts().at(owner).samples_routed, 5u);
  }
  EXPECT_THAT(Answers(1), IsEmpty());
}

TEST_F(RouterTest, AFullOwnerIsBusyAndDelaysNobodyElse) {
  SetMembers(0, {"a", "b"});
  router_.UpstreamOpened("a");
  router_.UpstreamOpened("b");
  Join(1, 1);
  full_owners_ = {"a"};
  Say(1, BatchOf(1, kInterval, {PartitionOf("a"), PartitionOf("b")}));
  EXPECT_EQ(Answers(1), (std::map<v1::BlockStatus, int>{{v1::BLOCK_STATUS_BUSY, 1}}));
  EXPECT_EQ(up_["b"].back().batch().blocks_size(), 1);
}

TEST_F(RouterTest, AMissingOwnerIsUnavailable) {
  SetMembers(0, {"a"});
  Join(1, 1);
  Say(1, BatchOf(1, kInterval, {1, 2, 3}));
  EXPECT_EQ(Answers(1), (std::map<v1::BlockStatus, int>{{v1::BLOCK_STATUS_UNAVAILABLE, 3}}));
}

TEST_F(RouterTest, WithoutAViewEverythingIsUnavailable) {
  Join(1, 1);
  Say(1, BatchOf(1, kInterval, {1}));
  EXPECT_EQ(Answers(1), (std::map<v1::BlockStatus, int>{{v1::BLOCK_STATUS_UNAVAILABLE, 1}}));
}

TEST_F(RouterTest, BlocksThatAreMalformedAreInvalidAndTheOthersGoOn) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  v1::Up up = BatchOf(1, kInterval, {1, 2, 70'000});
  up.mutable_batch()->mutable_blocks(0)->clear_payload();
  Say(1, up);
  EXPECT_EQ(Answers(1), (std::map<v1::BlockStatus, int>{{v1::BLOCK_STATUS_INVALID, 1}}));
  EXPECT_EQ(up_["a"].back().batch().blocks_size(), 1);
  EXPECT_EQ(router_.counts().blocks_invalid, 2u);
}

TEST_F(RouterTest, MarkersGoToEveryOpenOwner) {
  SetMembers(0, {"a", "b", "c"});
  router_.UpstreamOpened("a");
  router_.UpstreamOpened("b");
  Join(1, 1);
  v1::Up marker = From(1);
  marker.mutable_marker()->set_interval(kInterval);
  Say(1, marker);
  EXPECT_TRUE(up_["a"].back().has_marker());
  EXPECT_TRUE(up_["b"].back().has_marker());
  EXPECT_THAT(up_["c"], IsEmpty());
}

TEST_F(RouterTest, AnswersGoToTheirAgentWithTheOwnersName) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  Join(2, 2);
  down_.clear();
  v1::Down committed = For(2);
  committed.set_owner("somebody else");
  committed.mutable_committed()->set_interval(kInterval);
  committed.mutable_committed()->add_partitions(1);
  committed.mutable_committed()->add_chunks(0);
  router_.UpstreamMessage(now_, "a", committed);
  EXPECT_THAT(down_[1], IsEmpty());
  ASSERT_THAT(down_[2], SizeIs(1));
  EXPECT_EQ(down_[2][0].owner(), "a");
  EXPECT_EQ(router_.owner_counts().at("a").blocks_committed, 1u);
}

TEST_F(RouterTest, AWelcomeCarriesTheAgentsShareOfTheQueueAsCredit) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  for (int agent = 0; agent < 9; ++agent) Join(static_cast<SessionId>(agent), agent);
  v1::Down welcome = For(3);
  welcome.mutable_welcome()->set_incarnation(5);
  router_.UpstreamMessage(now_, "a", welcome);
  EXPECT_EQ(down_[3].back().welcome().credit_bytes(), (8u << 20) / 9);
  EXPECT_EQ(down_[3].back().welcome().incarnation(), 5u);
}

TEST_F(RouterTest, AnAgentOfAnotherClusterIsRefusedAndToldWhy) {
  router_.SessionOpened(1);
  v1::Up hello = HelloOf(1);
  hello.mutable_hello()->set_cluster("other");
  Say(1, hello);
  EXPECT_THAT(Refusal(1), HasSubstr("cluster is other at the agent and test at the proxy"));
  EXPECT_THAT(closed_, ElementsAre(1));
  EXPECT_EQ(router_.counts().agents_refused, 1u);
}

TEST_F(RouterTest, OtherIntervalsPartitionsVersionsAndRolesAreRefused) {
  const auto refusal = [&](const std::function<void(v1::Hello&)>& change) {
    const SessionId id = ++last_;
    router_.SessionOpened(id);
    v1::Up hello = HelloOf(1);
    change(*hello.mutable_hello());
    Say(id, hello);
    return Refusal(id);
  };
  EXPECT_THAT(refusal([](v1::Hello& h) { h.set_interval_ms(5000); }), HasSubstr("interval_ms"));
  EXPECT_THAT(refusal([](v1::Hello& h) { h.set_partition_count(8); }), HasSubstr("partition_count"));
  EXPECT_THAT(refusal([](v1::Hello& h) { h.set_protocol_version(2); }), HasSubstr("protocol_version"));
  EXPECT_THAT(refusal([](v1::Hello& h) { h.set_role(v1::ROLE_PROXY); }), HasSubstr("agents only"));
  EXPECT_EQ(refusal([](v1::Hello&) {}), "");
}

TEST_F(RouterTest, DataBeforeHelloIsRefused) {
  router_.SessionOpened(1);
  Say(1, BatchOf(1, kInterval, {1}));
  EXPECT_THAT(Refusal(1), HasSubstr("Hello"));
  EXPECT_THAT(closed_, ElementsAre(1));
}

TEST_F(RouterTest, TheNewerStreamOfAnInstanceWins) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  Join(2, 1);
  EXPECT_THAT(closed_, ElementsAre(1));
  EXPECT_EQ(router_.counts().agents, 1u);
  router_.SessionClosed(1);
  down_.clear();
  v1::Down welcome = For(1);
  welcome.mutable_welcome();
  router_.UpstreamMessage(now_, "a", welcome);
  EXPECT_THAT(down_[2], SizeIs(1));
}

TEST_F(RouterTest, AnAgentThatIsGoneGetsNothing) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  router_.SessionClosed(1);
  down_.clear();
  v1::Down welcome = For(1);
  welcome.mutable_welcome();
  router_.UpstreamMessage(now_, "a", welcome);
  EXPECT_THAT(down_[1], IsEmpty());
  EXPECT_EQ(router_.counts().answers_dropped, 1u);
  EXPECT_EQ(router_.counts().agents, 0u);
}

TEST_F(RouterTest, AHelloThatFoundTheQueueFullIsRepeatedBeforeAnythingElse) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  up_.clear();
  full_owners_ = {"a"};
  Join(1, 1);
  full_owners_.clear();
  Say(1, BatchOf(1, kInterval, {1}));
  EXPECT_EQ(Answers(1), (std::map<v1::BlockStatus, int>{{v1::BLOCK_STATUS_BUSY, 1}}));
  router_.Tick(now_);
  Say(1, BatchOf(1, kInterval, {1}));
  ASSERT_THAT(up_["a"], SizeIs(2));
  EXPECT_TRUE(up_["a"][0].has_hello());
  EXPECT_TRUE(up_["a"][1].has_batch());
}

TEST_F(RouterTest, AnAgentThatMissesAWelcomeHasToComeAgain) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  full_sessions_ = {1};
  v1::Down welcome = For(1);
  welcome.mutable_welcome();
  router_.UpstreamMessage(now_, "a", welcome);
  EXPECT_THAT(closed_, ElementsAre(1));
}

TEST_F(RouterTest, IntervalsBeforeAViewStayWithAMember) {
  SetMembers(0, {"a"});
  SetMembers(kInterval + 2, {"a", "b"});
  router_.UpstreamOpened("a");
  router_.UpstreamOpened("b");
  Join(1, 1);
  uint32_t moved = 0;
  while (router_.views().OwnerOf(static_cast<PartitionId>(moved), kInterval + 2)->id != "b") ++moved;
  Say(1, BatchOf(1, kInterval, {moved}));
  EXPECT_TRUE(up_["a"].back().has_batch());
  Say(1, BatchOf(1, kInterval + 2, {moved}));
  EXPECT_TRUE(up_["b"].back().has_batch());
}

TEST_F(RouterTest, IntervalsOfAnOwnerThatLeavesAreItsOwnUntilItIsGone) {
  SetMembers(0, {"a"});
  SetMembers(kInterval + 2, {"b"});
  router_.UpstreamOpened("a");
  router_.UpstreamOpened("b");
  Join(1, 1);
  Say(1, BatchOf(1, kInterval, {1}));
  EXPECT_TRUE(up_["a"].back().has_batch());
  Say(1, BatchOf(1, kInterval + 2, {1}));
  EXPECT_TRUE(up_["b"].back().has_batch());

  router_.UpstreamClosed("a");
  up_.clear();
  Say(1, BatchOf(1, kInterval, {1}));
  EXPECT_TRUE(up_["b"].back().has_batch());
}

TEST_F(RouterTest, AGlobalThatSaysItLeavesIsInTheNextViewNoMore) {
  SetMembers(0, {"a", "b"});
  router_.SetMembers(now_, Members({"a", "b"}));
  v1::Down welcome = ForProxy();
  welcome.mutable_welcome();
  router_.UpstreamMessage(now_, "b", welcome);
  welcome.mutable_welcome()->set_standing(v1::STANDING_LEAVING);
  router_.UpstreamMessage(now_, "a", welcome);
  router_.Tick(now_ + absl::Seconds(10));
  EXPECT_EQ(router_.views().newest()->members, Members({"b"}));
  EXPECT_EQ(router_.views().newest()->effective_from, kInterval + 3);
  EXPECT_THAT(router_.OwnersAt(kInterval), SizeIs(2));
}

TEST_F(RouterTest, OthersAreReachedButOwnNothing) {
  SetMembers(0, {"a"});
  router_.SetMembers(now_, Members({"a"}), Members({"b"}));
  v1::Down welcome = ForProxy();
  welcome.mutable_welcome();
  for (const char* global : {"a", "b"}) router_.UpstreamMessage(now_, global, welcome);
  router_.Tick(now_ + absl::Seconds(10));
  EXPECT_THAT(router_.OwnersAt(kInterval), SizeIs(2));
  EXPECT_EQ(router_.views().newest()->members, Members({"a"}));
}

TEST_F(RouterTest, OwnersOfEarlierViewsAreKeptWhileTheirIntervalsAreUnderWay) {
  SetMembers(0, {"a"});
  SetMembers(kInterval, {"b"});
  const auto ids = [&](IntervalIndex now) {
    std::vector<std::string> found;
    for (const Member& member : router_.OwnersAt(now)) found.push_back(member.id);
    return found;
  };
  EXPECT_THAT(ids(kInterval + Router::kUnderwayIntervals), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(ids(kInterval + Router::kUnderwayIntervals + 1), ElementsAre("b"));
}

TEST_F(RouterTest, MembersBecomeAViewOnceTheirGlobalsHaveSpoken) {
  router_.SetMembers(now_, Members({"a", "b"}));
  EXPECT_THAT(router_.OwnersAt(kInterval), SizeIs(2));
  v1::Down welcome = ForProxy();
  welcome.mutable_welcome();
  router_.UpstreamMessage(now_, "a", welcome);
  EXPECT_TRUE(router_.views().empty());
  router_.UpstreamMessage(now_, "b", welcome);
  ASSERT_FALSE(router_.views().empty());
  EXPECT_EQ(router_.views().newest()->effective_from, 0);
}

TEST_F(RouterTest, AViewThatAGlobalTellsGoesToTheOthersAndToAgents) {
  SetMembers(0, {"a", "b"});
  router_.UpstreamOpened("b");
  Join(1, 1);
  up_.clear();
  down_.clear();
  SetMembers(5, {"a", "b", "c"});
  EXPECT_EQ(up_["b"].back().view().effective_from(), 5);
  EXPECT_EQ(down_[1].back().view().effective_from(), 5);
}

TEST_F(RouterTest, MalformedMessagesOfOwnersAreCountedAndGoNowhere) {
  SetMembers(0, {"a"});
  router_.UpstreamOpened("a");
  Join(1, 1);
  down_.clear();
  v1::Down down = For(1);
  down.mutable_committed()->add_partitions(99'999);
  router_.UpstreamMessage(now_, "a", down);
  EXPECT_THAT(down_[1], IsEmpty());
  EXPECT_EQ(router_.counts().upstream_invalid, 1u);
}

}  // namespace
}  // namespace tributary
