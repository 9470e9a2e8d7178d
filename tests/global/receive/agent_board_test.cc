#include "global/receive/agent_board.h"

#include "global/merge/roster.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

const InstanceId kAda = *InstanceId::FromBytes("aaaaaaaaaaaaaaaa");
const InstanceId kBob = *InstanceId::FromBytes("bbbbbbbbbbbbbbbb");

RosterEntry EntryOf(const InstanceId& instance, const std::string& host, RosterEntry::State state) {
  RosterEntry entry;
  entry.instance = instance;
  entry.host = host;
  entry.state = state;
  return entry;
}

v1::Books Accepted(uint64_t samples) {
  v1::Books books;
  books.set_accepted(samples);
  return books;
}

v1::InspectResponse Described(const AgentBoard& board) {
  v1::InspectResponse response;
  board.Describe(response);
  return response;
}

TEST(AgentBoardTest, ShowsTheRosterByInstanceWithItsStates) {
  AgentBoard board;
  board.SetRoster(
      {EntryOf(kAda, "web-1", RosterEntry::State::kLost), EntryOf(kBob, "web-2", RosterEntry::State::kActive)});
  const v1::InspectResponse shown = Described(board);
  ASSERT_EQ(shown.agents_size(), 2);
  EXPECT_EQ(shown.agents(0).instance(), kAda.bytes());
  EXPECT_EQ(shown.agents(0).host(), "web-1");
  EXPECT_EQ(shown.agents(0).state(), v1::AgentState::STATE_LOST);
  EXPECT_EQ(shown.agents(0).last_interval(), -1);
  EXPECT_FALSE(shown.agents(0).has_books());
  EXPECT_EQ(shown.agents(1).state(), v1::AgentState::STATE_LIVE);
}

TEST(AgentBoardTest, KeepsTheBooksOfTheNewestInterval) {
  AgentBoard board;
  board.Take(kAda, 7, Accepted(70));  // before the roster is shown
  board.SetRoster({EntryOf(kAda, "web-1", RosterEntry::State::kActive)});
  board.Take(kAda, 6, Accepted(60));
  EXPECT_EQ(Described(board).agents(0).last_interval(), 7);
  EXPECT_EQ(Described(board).agents(0).books().accepted(), 70u);
  board.Take(kAda, 8, std::nullopt);  // an agent of an earlier version
  EXPECT_EQ(Described(board).agents(0).last_interval(), 8);
  EXPECT_FALSE(Described(board).agents(0).has_books());
}

TEST(AgentBoardTest, BooksSurviveAChangeOfState) {
  AgentBoard board;
  board.SetRoster({EntryOf(kAda, "web-1", RosterEntry::State::kActive)});
  board.Take(kAda, 7, Accepted(70));
  board.SetRoster({EntryOf(kAda, "web-1", RosterEntry::State::kSilent)});
  EXPECT_EQ(Described(board).agents(0).state(), v1::AgentState::STATE_SILENT);
  EXPECT_EQ(Described(board).agents(0).books().accepted(), 70u);
}

TEST(AgentBoardTest, ForgetsWhoIsNotOnTheRosterAnyMore) {
  AgentBoard board;
  board.SetRoster({EntryOf(kAda, "web-1", RosterEntry::State::kLost)});
  board.Take(kAda, 7, Accepted(70));
  board.SetRoster({EntryOf(kBob, "web-2", RosterEntry::State::kActive)});
  EXPECT_EQ(Described(board).agents_size(), 1);
  board.SetRoster({EntryOf(kAda, "web-1", RosterEntry::State::kActive)});
  EXPECT_FALSE(Described(board).agents(0).has_books());
}

TEST(AgentBoardTest, HoldsNoMoreThanTheRoster) {
  AgentBoard board;
  std::vector<RosterEntry> roster;
  for (size_t i = 0; i < Roster::kMaxEntries; ++i) {
    roster.push_back(EntryOf(InstanceId::Random(), "h", RosterEntry::State::kActive));
  }
  board.SetRoster(roster);
  board.Take(kAda, 7, Accepted(70));
  roster = {EntryOf(kAda, "web-1", RosterEntry::State::kActive)};
  board.SetRoster(roster);
  EXPECT_FALSE(Described(board).agents(0).has_books());
}

}  // namespace
}  // namespace tributary
