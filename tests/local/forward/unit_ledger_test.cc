#include "local/forward/unit_ledger.h"

#include <algorithm>
#include <vector>

#include "common/wire/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/local/forward/unit_ledger_harness.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(UnitLedgerTest, AStreamBeginsWithHello) {
  ledger_.StreamOpened(now_);
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].hello().first_interval(), kFirst);
  EXPECT_EQ(said[0].hello().interval_ms(), 10'000u);
  EXPECT_TRUE(Validate(said[0]).ok());
}

TEST_F(UnitLedgerTest, MarkersGoBeforeBlocksWithinTheSpread) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 7)});
  PassSpread();
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(2));
  EXPECT_EQ(said[0].marker().interval(), kFirst);
  EXPECT_EQ(NameOf(said[1].batch().blocks(0)), (BlockName{kFirst, 7, 0}));
  EXPECT_EQ(said[1].batch().owner(), "a");
}

TEST_F(UnitLedgerTest, NothingIsSentToAnOwnerBeforeItsWelcome) {
  ledger_.StreamOpened(now_);
  SetMembers(0, {"a"});
  Close(kFirst, {MakeBlock(kFirst, 7)});
  PassSpread();
  EXPECT_THAT(SentBlocks(), IsEmpty());
  Welcome("a");
  EXPECT_THAT(SentBlocks(), SizeIs(1));
}

TEST_F(UnitLedgerTest, AnOwnerWithoutWelcomeIsTriedAfterThreeIntervals) {
  ledger_.StreamOpened(now_);
  SetMembers(0, {"a"});
  Close(kFirst, {MakeBlock(kFirst, 7)});
  Pass(3 * kInterval);
  EXPECT_THAT(SentBlocks(), SizeIs(1));
}

TEST_F(UnitLedgerTest, OnlyACommitFreesABlock) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 7)});
  PassSpread();
  const std::vector<BlockName> sent = SentBlocks();
  Answer("a", v1::BLOCK_STATUS_OK, sent);
  EXPECT_EQ(ledger_.counts().samples_pending, 10u);
  Commit("a", sent);
  EXPECT_EQ(ledger_.counts().samples_pending, 0u);
  EXPECT_EQ(ledger_.counts().samples_committed, 10u);
  ExpectBalance();
}

TEST_F(UnitLedgerTest, ACommitCountsOnce) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 7)});
  PassSpread();
  const std::vector<BlockName> sent = SentBlocks();
  Commit("a", sent);
  Commit("a", sent);
  EXPECT_EQ(ledger_.counts().samples_committed, 10u);
}

TEST_F(UnitLedgerTest, ALostStreamSendsAgainWhatWasNotReceived) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1), MakeBlock(kFirst, 2)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), SizeIs(2));
  Answer("a", v1::BLOCK_STATUS_OK, {{kFirst, 1, 0}});
  ledger_.StreamClosed(now_);
  ledger_.StreamOpened(now_);
  Welcome("a", 1);
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 2, 0}));
}

TEST_F(UnitLedgerTest, ANewIncarnationGetsEverythingAgain) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1), MakeBlock(kFirst, 2)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), SizeIs(2));
  Answer("a", v1::BLOCK_STATUS_OK, {{kFirst, 1, 0}});
  TakeMarker("a", kFirst);
  Welcome("a", 2);
  Pass(kInterval);  // markers are not repeated at once
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(2));
  EXPECT_EQ(said[0].marker().interval(), kFirst);
  EXPECT_EQ(said[1].batch().blocks_size(), 2);
}

TEST_F(UnitLedgerTest, SealedMarkersAreNotSentAgain) {
  Connect();
  Close(kFirst, {});
  Close(kFirst + 1, {});
  PassSpread();
  EXPECT_THAT(SentMarkers(), ElementsAre(kFirst, kFirst + 1));
  Pass(kInterval);
  Welcome("a", 2, /*sealed_through=*/kFirst);
  EXPECT_THAT(SentMarkers(), ElementsAre(kFirst + 1));
}

TEST_F(UnitLedgerTest, AMarkerIsRepeatedUntilItIsTaken) {
  Connect();
  Close(kFirst, {});
  PassSpread();
  EXPECT_THAT(SentMarkers(), ElementsAre(kFirst));
  Pass(3 * kInterval);
  EXPECT_THAT(SentMarkers(), ElementsAre(kFirst));
  TakeMarker("a", kFirst);
  Pass(3 * kInterval);
  EXPECT_THAT(SentMarkers(), IsEmpty());
}

TEST_F(UnitLedgerTest, CreditBoundsWhatIsNotAnswered) {
  Connect();
  v1::Down credit = From("a");
  credit.mutable_credit()->set_bytes(1000);
  ledger_.Receive(now_, credit);
  Close(kFirst, {MakeBlock(kFirst, 1, 600), MakeBlock(kFirst, 2, 600), MakeBlock(kFirst, 3, 400)});
  PassSpread();
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 1, 0}));
  Answer("a", v1::BLOCK_STATUS_OK, {{kFirst, 1, 0}});
  EXPECT_THAT(SentBlocks(), SizeIs(2));
}

TEST_F(UnitLedgerTest, ABlockLargerThanTheCreditGoesAlone) {
  Connect();
  v1::Down credit = From("a");
  credit.mutable_credit()->set_bytes(1000);
  ledger_.Receive(now_, credit);
  Close(kFirst, {MakeBlock(kFirst, 1, 5000), MakeBlock(kFirst, 2, 10)});
  PassSpread();
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 1, 0}));
}

TEST_F(UnitLedgerTest, BatchesAreAtMostOneMebibyte) {
  Connect();
  v1::Down credit = From("a");
  credit.mutable_credit()->set_bytes(100 << 20);
  ledger_.Receive(now_, credit);
  std::vector<v1::Block> blocks;
  for (uint32_t p = 0; p < 10; ++p) blocks.push_back(MakeBlock(kFirst, p, 300 << 10));
  Close(kFirst, std::move(blocks));
  PassSpread();
  int batches = 0;
  for (const v1::Up& up : Said()) {
    if (!up.has_batch()) continue;
    ++batches;
    EXPECT_TRUE(Validate(up).ok());
  }
  EXPECT_EQ(batches, 4);
}

TEST_F(UnitLedgerTest, TheOldestIntervalGoesFirst) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 9)});
  Close(kFirst + 1, {MakeBlock(kFirst + 1, 1)});
  PassSpread();
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 9, 0}, BlockName{kFirst + 1, 1, 0}));
}

TEST_F(UnitLedgerTest, AnUnavailableOwnerWaitsForItsWelcome) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  Answer("", v1::BLOCK_STATUS_UNAVAILABLE, SentBlocks());
  Pass(kInterval);
  EXPECT_THAT(SentBlocks(), IsEmpty());
  Welcome("a", 1);
  EXPECT_THAT(SentBlocks(), SizeIs(1));
}

TEST_F(UnitLedgerTest, ABusyOwnerIsTriedAgainAfterAboutHalfAnInterval) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  Answer("", v1::BLOCK_STATUS_BUSY, SentBlocks());
  Pass(0.37 * kInterval);
  EXPECT_THAT(SentBlocks(), IsEmpty());
  Pass(0.26 * kInterval);
  EXPECT_THAT(SentBlocks(), SizeIs(1));
}

TEST_F(UnitLedgerTest, WhatIsRefusedForGoodIsDroppedCountedAndAnnounced) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1), MakeBlock(kFirst, 2), MakeBlock(kFirst, 3)});
  PassSpread();
  SentBlocks();
  Answer("a", v1::BLOCK_STATUS_INVALID, {{kFirst, 1, 0}});
  Answer("a", v1::BLOCK_STATUS_TOO_OLD, {{kFirst, 2, 0}});
  Answer("a", v1::BLOCK_STATUS_CONFLICT, {{kFirst, 3, 0}});
  EXPECT_EQ(Dropped(UnitDrop::kInvalid), 10u);
  EXPECT_EQ(Dropped(UnitDrop::kTooOld), 10u);
  EXPECT_EQ(Dropped(UnitDrop::kConflict), 10u);
  EXPECT_EQ(ledger_.counts().samples_pending, 0u);
  ExpectBalance();
  Close(kFirst + 1, {});
  PassSpread();
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].marker().dropped_size(), 3);
}

// Expected: the sums of what is closed here, and of what the owner says of it.
TEST_F(UnitLedgerTest, MarkersAndGoodbyeTellTheBooks) {
  Connect();
  ClosedInterval first;
  first.marker.set_interval(kFirst);
  first.blocks = {MakeBlock(kFirst, 1, 100, 40), MakeBlock(kFirst, 2, 100, 30)};
  first.counts.accepted = 100;
  first.counts.CountDrop(DropReason::kRule, 10);
  first.local_samples = 20;
  ledger_.Close(now_, std::move(first));
  PassSpread();
  std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(2));
  v1::Books books = said[0].marker().books();
  EXPECT_EQ(books.accepted(), 100u);
  EXPECT_EQ(books.local(), 20u);
  EXPECT_EQ(books.pending(), 70u);
  ASSERT_EQ(books.dropped_size(), 1);
  EXPECT_EQ(books.dropped(0).reason(), "rule");
  EXPECT_EQ(DifferenceOf(books), 0);

  Commit("a", {{kFirst, 1, 0}});
  Answer("a", v1::BLOCK_STATUS_INVALID, {{kFirst, 2, 0}});
  TakeMarker("a", kFirst);
  Close(kFirst + 1, {});
  PassSpread();
  books = Said().at(0).marker().books();
  EXPECT_EQ(books.committed(), 40u);
  EXPECT_EQ(books.pending(), 0u);
  EXPECT_EQ(DroppedOf(books), 40u);
  EXPECT_EQ(DifferenceOf(books), 0);

  ledger_.SayGoodbye(kFirst + 1);
  said = Said();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].goodbye().books().SerializeAsString(), books.SerializeAsString());
}

TEST_F(UnitLedgerTest, ANewViewReaddressesWhatIsNotSent) {
  Connect();
  Close(kFirst + 2, {MakeBlock(kFirst + 2, 1)});
  SetMembers(kFirst + 2, {"b"});
  Welcome("b");
  PassSpread();
  const std::vector<v1::Up> said = Said();
  const auto batch = std::find_if(said.begin(), said.end(), [](const v1::Up& up) { return up.has_batch(); });
  ASSERT_NE(batch, said.end());
  EXPECT_EQ(batch->batch().owner(), "b");
}

TEST_F(UnitLedgerTest, IntervalsBeforeAViewStayWithAMember) {
  Connect();
  std::vector<v1::Block> blocks;
  for (uint32_t p = 0; p < 8; ++p) blocks.push_back(MakeBlock(kFirst, p));
  Close(kFirst, std::move(blocks));
  SetMembers(kFirst + 2, {"a", "b"});
  Welcome("b");
  PassSpread();
  for (const v1::Up& up : Said()) {
    if (up.has_batch()) {
      EXPECT_EQ(up.batch().owner(), "a");
    }
  }
}

TEST_F(UnitLedgerTest, WhatAnOwnerThatLeftHadReceivedIsSentToTheNextWhenItIsPulled) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  Answer("a", v1::BLOCK_STATUS_OK, SentBlocks());
  SetMembers(kFirst + 2, {"b"});
  Welcome("b");
  EXPECT_THAT(SentBlocks(), IsEmpty());
  Pull("b", kFirst, 1);
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].batch().owner(), "b");
}

TEST_F(UnitLedgerTest, APullBringsCommittedBlocksBack) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  const std::vector<BlockName> sent = SentBlocks();
  Commit("a", sent);
  Pull("a", kFirst, 1);
  EXPECT_EQ(SentBlocks(), sent);
  EXPECT_EQ(ledger_.counts().samples_pending, 0u);
  Commit("a", sent);
  EXPECT_EQ(ledger_.counts().samples_committed, 10u);
  Pull("a", kFirst, 1);
  EXPECT_EQ(SentBlocks(), sent);
}

TEST_F(UnitLedgerTest, CommittedBlocksAreForgottenAfterTenMinutes) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  Commit("a", SentBlocks());
  Pass(absl::Minutes(10));
  Said();
  Pull("a", kFirst, 1);
  EXPECT_THAT(SentBlocks(), IsEmpty());
}

TEST_F(UnitLedgerTest, HurryCancelsTheSpread) {
  Connect();
  ledger_.Hurry(now_);
  Close(kFirst, {MakeBlock(kFirst, 1)});
  EXPECT_THAT(Said(), SizeIs(2));
}

TEST_F(UnitLedgerTest, IsDrainedWhenAllIsCommittedAndEveryMarkerTaken) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  const std::vector<BlockName> sent = SentBlocks();
  EXPECT_FALSE(ledger_.drained());
  Commit("a", sent);
  EXPECT_FALSE(ledger_.drained());
  TakeMarker("a", kFirst);
  EXPECT_TRUE(ledger_.drained());
  ledger_.SayGoodbye(kFirst);
  const std::vector<v1::Up> said = Said();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].goodbye().final_interval(), kFirst);
}

TEST_F(UnitLedgerTest, MessagesForOthersAndOfUnknownOwnersChangeNothing) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  const std::vector<BlockName> sent = SentBlocks();
  const UnitCounts before = ledger_.counts();
  Answer("stranger", v1::BLOCK_STATUS_OK, sent);
  Commit("a", {{kFirst, 2, 0}, {kFirst + 5, 1, 0}, {kFirst, 1, 9}});
  v1::Down other = From("a");
  other.set_instance("fedcba9876543210");
  other.mutable_committed()->set_interval(kFirst);
  other.mutable_committed()->add_partitions(1);
  other.mutable_committed()->add_chunks(0);
  ledger_.Receive(now_, other);
  EXPECT_EQ(ledger_.counts(), before);
}

TEST_F(UnitLedgerTest, AWelcomeMayComeBeforeTheViewThatNamesItsOwner) {
  ledger_.StreamOpened(now_);
  Welcome("a", /*incarnation=*/1);
  SetMembers(0, {"a"});
  Close(kFirst, {MakeBlock(kFirst, 1)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 1, 0})) << "at once, not after the time for silent owners";
  Answer("a", v1::BLOCK_STATUS_OK, {{kFirst, 1, 0}});
  TakeMarker("a", kFirst);
  Welcome("a", /*incarnation=*/2);
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst, 1, 0})) << "the owner has forgotten it";
}

}  // namespace
}  // namespace tributary
