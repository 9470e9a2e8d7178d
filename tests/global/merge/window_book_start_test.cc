// What a start knows, and what it waits for.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

using testing::IsEmpty;
using testing::Not;
using Values = std::map<std::string, double>;

constexpr IntervalIndex kI = BookHarness::kFirst;

TEST(WindowBookStartTest, NothingIncompleteClosesByAViewOfBeforeTheStart) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  h->Advance(absl::Seconds(20));
  for (int agent : {0, 1}) h->Report(agent, kI + 1, {{"a", 1}});
  ASSERT_THAT(h->disk.views, Not(IsEmpty()));
  h->Restart();
  h->Hello(0);
  h->Report(0, kI + 2, {{"a", 2}});
  h->Advance(absl::Seconds(120));
  EXPECT_THAT(h->Values(kI + 2), IsEmpty());
  h->OwnEverything();
  h->Advance(absl::Seconds(10));
  EXPECT_TRUE(h->Find("a", kI + 2) != nullptr && h->Find("a", kI + 2)->partial);
}

// Agent 1's Hello came after the last commit, so that the disk does not know it.
TEST(WindowBookStartTest, NothingClosesBeforeWhoIsNotOnTheDiskHadTimeToSayHello) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Hello(1, kI + 1);
  h->Restart();
  h->OwnEverything();
  h->Hello(0);
  h->Report(0, kI + 1, {{"a", 1}});
  EXPECT_THAT(h->Values(kI + 1), IsEmpty());
  h->Hello(1, kI + 1);
  h->Advance(absl::Seconds(10));
  EXPECT_THAT(h->Values(kI + 1), IsEmpty());
  h->Report(1, kI + 1, {{"a", 2}});
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 3}}));
  EXPECT_FALSE(h->Find("a", kI + 1)->partial);
}

TEST(WindowBookStartTest, ColdStartClosesNothingBeforeTheExpectedAgentsAreHere) {
  BookHarness h(2);
  h.OwnEverything();
  h.Hello(0);
  h.Report(0, kI, {{"a", 1}});
  h.AdvanceTo(h.End(kI) + absl::Seconds(100));
  EXPECT_FALSE(h.book->warm());
  EXPECT_THAT(h.rows, IsEmpty());
  h.Hello(1, kI + 20);
  h.Advance(absl::Seconds(5));
  EXPECT_TRUE(h.book->warm());
  EXPECT_EQ(h.Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookStartTest, ColdStartWithoutAnExpectationWaitsForTheLease) {
  BookHarness h;
  h.OwnEverything();
  h.Hello(0);
  h.Report(0, kI, {{"a", 1}});
  h.Advance(absl::Seconds(149));
  EXPECT_THAT(h.rows, IsEmpty());
  h.Advance(absl::Seconds(2));
  EXPECT_EQ(h.Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookStartTest, DeadlinesCountFromTheEndOfAPause) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->Freeze(absl::Seconds(300));
  h->Advance(absl::Seconds(80));
  EXPECT_THAT(h->rows, IsEmpty());
  EXPECT_EQ(h->book->stats().roster[static_cast<int>(RosterEntry::State::kLost)], 0u);
  h->Report(1, kI, {{"a", 2}});
  EXPECT_EQ(h->Values(kI), (Values{{"a", 3}}));
  EXPECT_FALSE(h->Find("a", kI)->partial);
}

TEST(WindowBookStartTest, AMessageThatComesFirstAfterAPauseClosesNothing) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Freeze(absl::Seconds(300));
  h->Report(0, kI + 1, {{"a", 2}});  // before any tick
  EXPECT_THAT(h->rows, IsEmpty());
  h->Report(1, kI, {{"a", 4}});
  h->Report(1, kI + 1, {{"a", 8}});
  EXPECT_EQ(h->Values(kI), (Values{{"a", 5}}));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 10}}));
  EXPECT_FALSE(h->Find("a", kI)->partial);
}

TEST(WindowBookStartTest, RestartKnowsRosterTotalsAndManifests) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  h->Restart();
  EXPECT_TRUE(h->book->warm());
  h->OwnEverything();
  h->committed.clear();
  for (int agent : {0, 1}) h->Hello(agent);
  h->Unit(0, kI, {{"a", 1}});
  EXPECT_TRUE(h->WasCommitted(0, kI)) << "answered from the manifest";
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"a", 1}});
  EXPECT_THAT(h->Values(kI + 1), IsEmpty()) << "the other one is on the roster";
  h->Report(1, kI + 1, {{"a", 1}});
  EXPECT_EQ(h->Find("a", kI + 1)->total->count.ToDouble(), 4);
  EXPECT_EQ(h->Values(kI), (Values{{"a", 2}})) << "not merged again";
}

TEST(WindowBookStartTest, RestartBetweenEarlyCloseAndCloseCountsNothingTwice) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"both", 1}, {"only0", 1}});
  h->Report(1, kI, {{"both", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"both", 2}, {"only0", 2}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(6));
  ASSERT_EQ(h->Values(kI + 1), (Values{{"only0", 2}}));

  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->Advance(absl::Seconds(6));
  EXPECT_EQ(h->Unit(0, kI + 1, {{"both", 2}, {"only0", 2}}), UnitStatus::kOk);
  EXPECT_FALSE(h->WasCommitted(0, kI + 1));
  h->Marker(0, kI + 1);
  h->Report(1, kI + 1, {{"both", 4}, {"only0", 8}});
  EXPECT_EQ(h->Values(kI + 1), (Values{{"only0", 2}, {"both", 6}, {"only0/2", 8}}));
  EXPECT_TRUE(h->WasCommitted(0, kI + 1) && h->WasCommitted(1, kI + 1));
}

TEST(WindowBookStartTest, ChunkMergedInPartBeforeARestartIsCompletedAfterTheClose) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"both", 1}, {"only0", 1}});
  h->Report(1, kI, {{"both", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"both", 2}, {"only0", 2}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(6));
  for (int restart = 0; restart < 2; ++restart) {
    h->Restart();
    h->OwnEverything();
    h->Hello(1);
    h->Report(1, kI + 1, {{"both", 4}});
    h->Advance(absl::Seconds(200));  // 0 is cut off until after the close
  }
  h->Hello(0);
  EXPECT_EQ(h->Unit(0, kI + 1, {{"both", 2}, {"only0", 2}}), UnitStatus::kOk);
  h->Advance(absl::Seconds(6));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"only0", 2}, {"both", 4}, {"both/2", 2}}));
  EXPECT_TRUE(h->WasCommitted(0, kI + 1));
}

}  // namespace
}  // namespace tributary
