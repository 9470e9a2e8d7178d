#include "global/merge/window_book.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Values = std::map<std::string, double>;

constexpr IntervalIndex kI = BookHarness::kFirst;

// --- a: complete

TEST(WindowBookTest, WindowClosesWhenEveryMarkerAndAnnouncedUnitIsHere) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI) + absl::Seconds(1));
  h->Report(0, kI, {{"a", 1}, {"b", 10}});
  h->Report(1, kI, {{"a", 2}});
  EXPECT_EQ(h->Values(kI), (Values{{"a", 3}, {"b", 10}}));
  const Row* row = h->Find("a", kI);
  EXPECT_EQ(row->coverage, 1);
  EXPECT_FALSE(row->partial);
  EXPECT_EQ(row->contributors, 2u);
  EXPECT_THAT(h->kinds, ElementsAre(CloseKind::kComplete));
  EXPECT_TRUE(h->WasCommitted(0, kI) && h->WasCommitted(1, kI));
}

TEST(WindowBookTest, MarkerAfterTheUnitClosesToo) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Unit(0, kI, {{"a", 1}});
  EXPECT_THAT(h->Values(kI), IsEmpty());
  h->Marker(0, kI);
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookTest, NothingClosesBeforeTheIntervalEnds) {
  auto h = WarmHarness(1);
  h->Report(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI) - absl::Seconds(1));
  EXPECT_THAT(h->Values(kI), IsEmpty());
  h->AdvanceTo(h->End(kI) + absl::Seconds(5));
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookTest, EmptyMarkerIsAReport) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  EXPECT_THAT(h->Values(kI), IsEmpty());
  h->Marker(1, kI, {});
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookTest, UnitOfSeveralChunksIsAwaitedAsAWhole) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Marker(0, kI);
  UnitChunk first = BookHarness::Chunk(0, kI, {{"a", 1}});
  first.chunk_count = 2;
  UnitChunk second = BookHarness::Chunk(0, kI, {{"b", 2}});
  second.chunk = 1;
  second.chunk_count = 2;
  EXPECT_EQ(h->Unit(first), UnitStatus::kOk);
  EXPECT_THAT(h->Values(kI), IsEmpty());
  EXPECT_EQ(h->Unit(second), UnitStatus::kOk);
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}, {"b", 2}}));
  EXPECT_TRUE(h->WasCommitted(0, kI, 0) && h->WasCommitted(0, kI, 1));
}

TEST(WindowBookTest, LaterWindowWaitsForTheEarlierOne) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI + 1));
  h->Marker(0, kI);
  h->Report(0, kI + 1, {{"a", 2}});
  EXPECT_THAT(h->rows, IsEmpty());
  h->Unit(0, kI, {{"a", 1}});
  ASSERT_EQ(h->rows.size(), 2u);
  EXPECT_EQ(h->rows[0].interval, kI);
  EXPECT_EQ(h->rows[1].interval, kI + 1);
  EXPECT_EQ(h->rows[1].total->count.ToDouble(), 3);
  EXPECT_EQ(h->rows[1].total->since, kI);
}

// --- each chunk once

TEST(WindowBookTest, RepeatedChunkIsADuplicateAndThenCommitted) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  EXPECT_EQ(h->Unit(0, kI, {{"a", 1}}), UnitStatus::kOk);
  EXPECT_EQ(h->Unit(0, kI, {{"a", 1}}), UnitStatus::kDuplicate);
  EXPECT_EQ(h->received.size(), 1u);
  h->Marker(0, kI);
  h->committed.clear();
  h->Unit(0, kI, {{"a", 1}});
  EXPECT_TRUE(h->WasCommitted(0, kI));
  EXPECT_THAT(h->received, IsEmpty());
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookTest, SameNameWithOtherBytesIsAConflict) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Unit(0, kI, {{"a", 1}});
  UnitChunk other = BookHarness::Chunk(0, kI, {{"a", 5}});
  other.crc32c = 1;
  EXPECT_EQ(h->Unit(other), UnitStatus::kConflict);
  h->Marker(0, kI);
  h->Marker(1, kI, {});
  EXPECT_EQ(h->Unit(other), UnitStatus::kConflict);
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
}

TEST(WindowBookTest, UnitsAreRefusedByNameTimeAndOrigin) {
  auto h = WarmHarness(1);
  EXPECT_EQ(h->Unit(9, kI, {{"a", 1}}), UnitStatus::kUnavailable);
  EXPECT_EQ(h->Unit(0, kI + 2, {{"a", 1}}), UnitStatus::kTooNew);
  EXPECT_EQ(h->Unit(0, kI + 1, {{"a", 1}}), UnitStatus::kOk);
  EXPECT_EQ(h->Unit(0, kI - h->options.horizon - 1, {{"a", 1}}), UnitStatus::kTooOld);
  UnitChunk chunk = BookHarness::Chunk(0, kI, {{"a", 1}});
  chunk.chunk = 1;
  EXPECT_EQ(h->Unit(chunk), UnitStatus::kInvalid);
  chunk.chunk_count = 0;
  EXPECT_EQ(h->Unit(chunk), UnitStatus::kInvalid);
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookTest, NothingIsAcknowledgedBeforeTheCommitIsConfirmed) {
  auto h = WarmHarness(1);
  h->auto_commit = false;
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  ASSERT_TRUE(h->in_flight.has_value());
  EXPECT_EQ(h->Unit(0, kI, {{"a", 1}}), UnitStatus::kDuplicate);
  EXPECT_EQ(h->received.size(), 1u);
  EXPECT_THAT(h->committed, IsEmpty());
  h->Report(0, kI + 1, {{"a", 1}});
  h->Advance(absl::Seconds(20));
  EXPECT_EQ(h->in_flight->number, 1u);
  h->Confirm();
  EXPECT_TRUE(h->WasCommitted(0, kI));
  EXPECT_FALSE(h->WasCommitted(0, kI + 1));
  EXPECT_EQ(h->in_flight->number, 2u);
}

// --- b: early

TEST(WindowBookTest, CoveredSeriesCloseEarlyAndTheOthersAreHeld) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"both", 1}, {"only0", 1}});
  h->Report(1, kI, {{"both", 1}, {"only1", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"both", 2}, {"only0", 2}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(4));
  EXPECT_THAT(h->Values(kI + 1), IsEmpty());
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(5));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"only0", 2}}));
  EXPECT_FALSE(h->Find("only0", kI + 1)->partial);
  EXPECT_FALSE(h->WasCommitted(0, kI + 1)) << "the window is not closed";

  h->Report(1, kI + 1, {{"both", 4}, {"only0", 8}});
  EXPECT_EQ(h->Values(kI + 1), (Values{{"only0", 2}, {"both", 6}, {"only0/2", 8}}));
  EXPECT_TRUE(h->Find("only0", kI + 1, 2)->late);
  EXPECT_FALSE(h->Find("only0", kI + 1, 2)->total.has_value());
  EXPECT_TRUE(h->WasCommitted(0, kI + 1) && h->WasCommitted(1, kI + 1));

  h->AdvanceTo(h->End(kI + 2));
  h->Report(0, kI + 2, {{"only0", 16}});
  h->Marker(1, kI + 2, {});
  EXPECT_EQ(h->Find("only0", kI + 2)->total->count.ToDouble(), 1 + 2 + 8 + 16);
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookTest, MissingAnnouncedUnitIsPulledOncePerInterval) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Marker(0, kI, {7, 9});
  h->Marker(1, kI, {7});
  h->Unit(1, kI, {{"a", 1}});
  EXPECT_THAT(h->pulls, IsEmpty());
  h->AdvanceTo(h->End(kI) + absl::Seconds(14));
  ASSERT_EQ(h->pulls.size(), 1u);
  EXPECT_EQ(h->pulls[0].instance, AgentId(0));
  EXPECT_EQ(h->pulls[0].interval, kI);
  EXPECT_THAT(h->pulls[0].partitions, ElementsAre(7, 9));
  h->Unit(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI) + absl::Seconds(16));
  ASSERT_EQ(h->pulls.size(), 2u);
  EXPECT_THAT(h->pulls[1].partitions, ElementsAre(9));
}

TEST(WindowBookTest, SeriesWithoutHistoryIsCoveredAsTheRosterIs) {
  auto h = WarmHarness(3);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"new", 1}});
  h->Report(1, kI, {{"new", 1}});
  h->AdvanceTo(h->End(kI) + absl::Seconds(91));
  EXPECT_DOUBLE_EQ(h->Find("new", kI)->coverage, 2.0 / 3);
  EXPECT_TRUE(h->Find("new", kI)->partial);
}

TEST(WindowBookTest, SeriesDoesNotPassAnEarlierWindowThatWithholdsIt) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"both", 1}, {"only0", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"both", 1}});
  h->AdvanceTo(h->End(kI + 2));
  for (int agent : {0, 1}) h->Report(agent, kI + 2, {{"both", 1}});
  h->AdvanceTo(h->End(kI + 2) + absl::Seconds(20));
  EXPECT_THAT(h->Values(kI + 1), IsEmpty());
  EXPECT_THAT(h->Values(kI + 2), IsEmpty()) << "complete, but `both` is held one interval before";
  h->Report(1, kI + 1, {{"both", 2}});
  EXPECT_EQ(h->Values(kI + 1), (Values{{"both", 3}}));
  EXPECT_EQ(h->Values(kI + 2), (Values{{"both", 2}}));
}

// --- c: deadline

TEST(WindowBookTest, WhatIsMissingAtTheDeadlineMakesRowsPartial) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(89));
  EXPECT_THAT(h->Values(kI + 1), IsEmpty());
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(90));
  const Row* row = h->Find("a", kI + 1);
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(row->partial);
  EXPECT_DOUBLE_EQ(row->coverage, 0.5);
  EXPECT_TRUE(h->WasCommitted(0, kI + 1));
}

TEST(WindowBookTest, IncompleteWindowOfAnotherOwnerIsHeldAndCountedWhenItIsTooOld) {
  auto h = std::make_unique<BookHarness>(1);
  h->SetView(1, 0, {"global-1"});
  h->Hello(0);
  h->Hello(1);
  h->Advance(absl::Seconds(6));
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI) + absl::Seconds(200));
  EXPECT_THAT(h->rows, IsEmpty());
  EXPECT_EQ(h->book->stats().samples_open, 1u);
  h->AdvanceTo(h->End(kI) + h->options.horizon * absl::Seconds(10) + absl::Seconds(10));
  EXPECT_THAT(h->rows, IsEmpty());
  EXPECT_EQ(h->book->stats().samples_dropped, 1u);
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookTest, BacklogOfAnOutageIsTakenUpToTheHorizonAndOnce) {
  auto h = std::make_unique<BookHarness>(1);
  h->options.horizon = 450;
  h->Restart();
  h->OwnEverything();
  h->Hello(0, kI);
  h->Freeze(absl::Seconds(10) * 400);
  h->Restart();
  h->OwnEverything();
  h->Hello(0, kI);
  for (IntervalIndex interval = kI; interval < kI + 360; ++interval) h->Report(0, interval, {{"a", 1}});
  h->Advance(absl::Seconds(10));
  for (IntervalIndex interval = kI; interval < kI + 360; ++interval) {
    ASSERT_NE(h->Find("a", interval), nullptr) << interval;
    EXPECT_FALSE(h->Find("a", interval)->partial) << interval;
    EXPECT_TRUE(h->WasCommitted(0, interval)) << interval;
  }
  const size_t rows = h->rows.size();
  h->Restart();
  h->OwnEverything();
  h->Hello(0, kI);
  EXPECT_EQ(h->Unit(0, kI, {{"a", 1}}), UnitStatus::kDuplicate) << "its manifest is kept as long";
  h->Advance(absl::Seconds(20));
  EXPECT_EQ(h->rows.size(), rows);
  EXPECT_EQ(h->Unit(0, kI - 100, {{"a", 1}}), UnitStatus::kTooOld);
}

TEST(WindowBookTest, HeirOfAVanishedOwnerClosesAtTheDeadline) {
  auto h = std::make_unique<BookHarness>(1);
  h->SetView(1, 0, {"global-1"});
  h->Hello(0);
  h->Hello(1);
  h->Advance(absl::Seconds(6));
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->SetView(2, kI + 3, {"global-0"});
  h->AdvanceTo(h->End(kI) + absl::Seconds(90));
  ASSERT_NE(h->Find("a", kI), nullptr);
  EXPECT_TRUE(h->Find("a", kI)->partial);
}

TEST(WindowBookTest, LostInstanceHoldsNothingButStaysExpected) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  IntervalIndex i = kI + 1;
  for (; i < kI + 25; ++i) {
    h->AdvanceTo(h->End(i));
    h->Report(0, i, {{"a", 1}});
  }
  EXPECT_EQ(h->book->stats().roster[static_cast<int>(RosterEntry::State::kLost)], 1u);
  h->AdvanceTo(h->End(i));
  h->Report(0, i, {{"a", 1}});
  EXPECT_EQ(h->Find("a", i), nullptr);
  h->AdvanceTo(h->End(i) + absl::Seconds(5));
  ASSERT_NE(h->Find("a", i), nullptr) << "half an interval, not nine";
  EXPECT_DOUBLE_EQ(h->Find("a", i)->coverage, 0.5);
  EXPECT_TRUE(h->Find("a", i)->partial) << "the fleet is not redefined in silence";
}

TEST(WindowBookTest, GoodbyeEndsTheWait) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  EXPECT_THAT(h->rows, IsEmpty());
  h->Apply(h->book->Step(h->now, AgentGoodbye{AgentId(1), kI - 1}));
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}}));
  EXPECT_EQ(h->Find("a", kI)->coverage, 1);
}

TEST(WindowBookTest, SupersededInstanceEndsTheWaitAndCountsAsMissingWhereItAnnounced) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->Marker(1, kI);
  h->Apply(h->book->Step(h->now, AgentHello{AgentId(2), "host", kI + 1, AgentId(1)}));
  ASSERT_EQ(h->Values(kI), (Values{{"a", 1}}));
  EXPECT_DOUBLE_EQ(h->Find("a", kI)->coverage, 0.5);
  EXPECT_TRUE(h->Find("a", kI)->partial);
}

// Killed in kI + 2, before it had sent what it had of kI + 1; started anew at once.
TEST(WindowBookTest, WhatADeadInstanceNeverReportedIsMissedUntilItsSuccessorBegan) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"both", 1}, {"only0", 1}});
  h->Report(1, kI, {{"both", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"both", 2}, {"only0", 2}});
  h->Apply(h->book->Step(h->now, AgentHello{AgentId(2), "host", kI + 2, AgentId(1)}));
  for (const IntervalIndex interval : {kI + 2, kI + 3}) {
    h->AdvanceTo(h->End(interval));
    h->Report(0, interval, {{"both", 2}, {"only0", 2}});
    h->Report(2, interval, {{"both", 4}});
  }
  for (const IntervalIndex interval : {kI + 1, kI + 2}) {
    ASSERT_NE(h->Find("both", interval), nullptr) << "nobody waits for the dead";
    EXPECT_TRUE(h->Find("both", interval)->partial) << "what it had is gone";
    EXPECT_LT(h->Find("both", interval)->coverage, 0.99);
    EXPECT_FALSE(h->Find("only0", interval)->partial) << "it had no part in this";
  }
  EXPECT_FALSE(h->Find("both", kI + 3)->partial);
  EXPECT_EQ(h->Find("both", kI + 3)->coverage, 1);
}

// --- bounds

TEST(WindowBookTest, BeyondTheMemoryBoundUnitsAreBusyAndTheOldestIntervalMayGoOn) {
  auto h = std::make_unique<BookHarness>(2);
  h->options.memory_bytes = 4000;
  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->Advance(absl::Seconds(6));
  int taken = 0;
  UnitStatus status = UnitStatus::kOk;
  for (; taken < 100 && status == UnitStatus::kOk; ++taken) {
    status = h->Unit(0, kI + 1 - (taken == 0 ? 1 : 0), {{"a" + std::to_string(taken), 1}});
    UnitChunk chunk = BookHarness::Chunk(0, kI + 1, {{"b" + std::to_string(taken), 1}});
    chunk.partition = static_cast<PartitionId>(100 + taken);
    status = h->Unit(chunk);
  }
  EXPECT_EQ(status, UnitStatus::kBusy);
  EXPECT_LE(h->book->stats().open_bytes, 5000u);
  EXPECT_EQ(h->Unit(1, kI, {{"a0", 1}}), UnitStatus::kOk) << "the oldest interval has to be completed";
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookTest, RosterIsBounded) {
  BookHarness h(1);
  for (size_t agent = 0; agent <= WindowBook::kMaxRoster; ++agent) h.Hello(static_cast<int>(agent));
  EXPECT_EQ(h.welcomes.size(), WindowBook::kMaxRoster);
  EXPECT_EQ(h.book->stats().roster_refused, 1u);
}

TEST(WindowBookTest, SealedThroughFollowsTheClosedIntervals) {
  auto h = WarmHarness(1);
  for (IntervalIndex i = kI; i < kI + 3; ++i) {
    h->AdvanceTo(h->End(i));
    h->Report(0, i, {{"a", 1}});
  }
  h->Advance(absl::Seconds(6));
  EXPECT_EQ(h->book->stats().sealed_through, kI + 2);
  h->Advance(absl::Seconds(30));
  EXPECT_EQ(h->book->stats().sealed_through, kI + 2) << "no marker came since";
}

}  // namespace
}  // namespace tributary
