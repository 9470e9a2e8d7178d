#include "global/merge/roster.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

using State = RosterEntry::State;

class RosterTest : public testing::Test {
 protected:
  RosterSlot Join(int agent, IntervalIndex first = 0) {
    return *roster_.Join({AgentId(agent), "h", first, std::nullopt, now_});
  }
  State StateAfter(RosterSlot slot, absl::Duration silence) {
    roster_.Advance(now_ + silence);
    return roster_.at(slot).state;
  }
  absl::Time now_ = absl::FromUnixSeconds(1000);
  Roster roster_{Roster::Options()};
};

TEST_F(RosterTest, SilenceTurnsIntoLossAndIsForgotten) {
  const RosterSlot slot = Join(1);
  EXPECT_EQ(StateAfter(slot, absl::Seconds(25)), State::kActive);
  EXPECT_EQ(StateAfter(slot, absl::Seconds(26)), State::kSilent);
  EXPECT_TRUE(roster_.Holds(slot));
  EXPECT_EQ(StateAfter(slot, absl::Seconds(151)), State::kLost);
  EXPECT_FALSE(roster_.Holds(slot));
  EXPECT_TRUE(roster_.IsAwaitedAt(slot, 5));
  EXPECT_THAT(roster_.Advance(now_ + absl::Seconds(3601)), testing::ElementsAre(slot));
  EXPECT_FALSE(roster_.Find(AgentId(1)).has_value());
}

TEST_F(RosterTest, HearingEndsSilenceButNotDeath) {
  const RosterSlot lost = Join(1), dead = Join(2);
  roster_.Bury(dead, 7);
  EXPECT_TRUE(roster_.IsAwaitedAt(dead, 7));
  EXPECT_FALSE(roster_.IsAwaitedAt(dead, 8));
  roster_.Advance(now_ + absl::Seconds(200));
  for (const RosterSlot slot : {lost, dead}) roster_.Hear(slot, now_ + absl::Seconds(201));
  EXPECT_EQ(roster_.at(lost).state, State::kActive);
  EXPECT_EQ(roster_.at(dead).state, State::kDead);
}

TEST_F(RosterTest, PauseOfOursIsNotSilenceOfTheirs) {
  const RosterSlot slot = Join(1);
  roster_.Resume(now_ + absl::Seconds(500));
  EXPECT_EQ(StateAfter(slot, absl::Seconds(520)), State::kActive);
  EXPECT_EQ(StateAfter(slot, absl::Seconds(530)), State::kSilent);
}

TEST_F(RosterTest, SlotOfAForgottenInstanceIsGivenAgain) {
  const RosterSlot first = Join(1);
  roster_.Leave(first, 7);
  EXPECT_EQ(roster_.at(first).final_interval, 7);
  roster_.Advance(now_ + absl::Minutes(17));
  EXPECT_EQ(Join(2), first);
}

TEST_F(RosterTest, JoiningTwiceIsOneEntry) {
  EXPECT_EQ(Join(1), Join(1));
  EXPECT_EQ(roster_.size(), 1u);
}

TEST_F(RosterTest, IntervalsBeforeTheFirstAreNotAwaited) {
  const RosterSlot slot = Join(1, 100);
  EXPECT_FALSE(roster_.IsAwaitedAt(slot, 99));
  EXPECT_TRUE(roster_.IsAwaitedAt(slot, 100));
}

}  // namespace
}  // namespace tributary
