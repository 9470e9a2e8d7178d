#include "global/peer/peer_book.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);
const WindowName kWindow(100, 5);

InstanceId Agent(char name) { return *InstanceId::FromBytes(std::string(16, name)); }

// A global's book over a disk of its own.
struct Node {
  std::string id;
  std::map<WindowName, std::vector<Manifest>> disk = {};
  std::map<WindowName, LeftOut> left_out = {};
  std::unique_ptr<PeerBook> book = nullptr;
  PeerBook::Changes changes = {};

  void Start(absl::Time now, uint64_t incarnation) {
    WindowBookState state;
    state.manifests = disk;
    state.views = {{1, 0, {{.id = "a", .address = "a:1"}, {.id = "b", .address = "b:1"}}}};
    PeerBook::Options options;
    options.cluster = "test";
    options.node_id = id;
    options.interval = kInterval;
    const auto read = [this](WindowName name) { return disk[name]; };
    book = std::make_unique<PeerBook>(options, incarnation, state, left_out, read, now);
  }
  void Commit(const std::string& agents, bool late = false) {
    Manifest step;
    step.step = static_cast<uint8_t>(disk[kWindow].size());
    step.closed = true;
    step.late = late;
    step.last_version = static_cast<uint8_t>(step.step + 1);
    for (const char agent : agents) step.chunks.push_back({Agent(agent), 0, 1, 7, 1, 0});
    disk[kWindow].push_back(step);
    book->Committed({kWindow});
  }
  bool reads_main() const {
    const auto out = left_out.find(kWindow);
    return out == left_out.end() || !out->second.versions.test(1);
  }
};

class PeerBookTest : public ::testing::Test {
 protected:
  PeerBookTest() {
    a_.Start(now_, 11);
    b_.Start(now_, 22);
  }
  void Ask(Node& who, Node& whom) {
    who.book->Heard(now_, whom.id, whom.book->Answer(who.book->Ask(whom.id)));
    who.changes = who.book->TakeChanges();
    for (const auto& [name, out] : who.changes.left_out) {
      if (out.versions.any()) {
        who.left_out[name] = out;
      } else {
        who.left_out.erase(name);
      }
    }
  }
  // Until nothing is new to anybody: what is held, then what is in it.
  void AskAll() {
    for (int i = 0; i < 3; ++i) {
      Ask(a_, b_);
      Ask(b_, a_);
    }
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  Node a_{"a"};
  Node b_{"b"};
};

TEST_F(PeerBookTest, AWindowThatOneHasIsNoContest) {
  a_.Commit("xy");
  AskAll();
  EXPECT_EQ(a_.book->contested(), 0u);
  EXPECT_TRUE(a_.reads_main());
}

TEST_F(PeerBookTest, OfTwoWhoHaveAWindowOneIsRead) {
  a_.Commit("xy");
  b_.Commit("xyz");
  AskAll();
  EXPECT_FALSE(a_.reads_main());
  EXPECT_TRUE(b_.reads_main());
  EXPECT_EQ(a_.book->missing_chunks(), 0u);
}

TEST_F(PeerBookTest, WhatIsInNoSetThatIsReadIsMissing) {
  a_.Commit("xyz");
  b_.Commit("xw");
  AskAll();
  EXPECT_TRUE(a_.reads_main());
  EXPECT_FALSE(b_.reads_main());
  EXPECT_EQ(a_.book->missing_chunks(), 1u);
  // Whoever takes it again has it late, and then nothing is.
  b_.Commit("w", /*late=*/true);
  AskAll();
  EXPECT_EQ(a_.book->missing_chunks(), 0u);
  EXPECT_FALSE(b_.left_out.at(kWindow).versions.test(2));
}

TEST_F(PeerBookTest, AStartLeavesOutWhatItsDiskSaysUntilItHasHeard) {
  a_.Commit("xy");
  b_.Commit("xyz");
  AskAll();
  a_.Start(now_, 12);
  EXPECT_TRUE(a_.book->TakeChanges().left_out.empty());
  AskAll();
  EXPECT_FALSE(a_.reads_main());
}

TEST_F(PeerBookTest, RowsAreReadAgainWhenTheOtherHasLostItsDisk) {
  a_.Commit("xy");
  b_.Commit("xyz");
  AskAll();
  ASSERT_FALSE(a_.reads_main());
  b_.disk.clear();
  b_.left_out.clear();
  b_.Start(now_, 23);
  AskAll();
  EXPECT_TRUE(a_.reads_main());
}

TEST_F(PeerBookTest, AStartIsReturningUntilEverybodyIsHeardOrPatienceIsOver) {
  EXPECT_TRUE(a_.book->IsReturning(now_));
  EXPECT_FALSE(a_.book->IsReturning(now_ + kInterval / 2));
  AskAll();
  EXPECT_FALSE(a_.book->IsReturning(now_));
}

TEST_F(PeerBookTest, WhoDoesNotAnswerIsWaitedForForHalfAnInterval) {
  EXPECT_EQ(a_.book->HeardAsOf(now_), now_ - kInterval / 2);
  AskAll();
  EXPECT_EQ(a_.book->HeardAsOf(now_), now_);
}

TEST_F(PeerBookTest, AnAnswerOfSomebodyElseIsNone) {
  b_.Commit("xyz");
  v1::PeerResponse response = b_.book->Answer(a_.book->Ask("b"));
  response.set_node_id("c");
  a_.book->Heard(now_, "b", response);
  EXPECT_EQ(a_.book->HeardAsOf(now_), now_ - kInterval / 2);
}

}  // namespace
}  // namespace tributary
