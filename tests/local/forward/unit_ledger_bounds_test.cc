
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/local/forward/unit_ledger_harness.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class SmallLedgerTest : public UnitLedgerTest {
 protected:
  SmallLedgerTest() : UnitLedgerTest(/*memory_bytes=*/4 * (1000 + kBlockOverheadBytes)) {}
};

TEST_F(SmallLedgerTest, TheOldestNeverSentGoFirst) {
  for (int i = 0; i < 6; ++i) Close(kFirst + i, {MakeBlock(kFirst + i, 1, 1000)});
  EXPECT_EQ(Dropped(UnitDrop::kForwardMemory), 20u);
  ExpectBalance();
  PassSpread();
  ledger_.StreamOpened(now_);
  SetMembers(0, {"a"});
  Welcome("a");
  EXPECT_THAT(SentBlocks(), UnorderedElementsAre(BlockName{kFirst + 2, 1, 0}, BlockName{kFirst + 3, 1, 0},
                                                 BlockName{kFirst + 4, 1, 0}, BlockName{kFirst + 5, 1, 0}));
}

TEST_F(SmallLedgerTest, WhatWasSentIsKeptAndTheNewestIsDropped) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1, 1000), MakeBlock(kFirst, 2, 1000), MakeBlock(kFirst, 3, 1000),
                 MakeBlock(kFirst, 4, 1000)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), SizeIs(4));
  Close(kFirst + 1, {MakeBlock(kFirst + 1, 1, 1000)});
  EXPECT_EQ(Dropped(UnitDrop::kForwardMemory), 10u);
  EXPECT_EQ(ledger_.counts().samples_pending, 40u);
  ExpectBalance();
}

// A frozen owner's backlog must not push out what others would take.
TEST_F(SmallLedgerTest, WhatWasRefusedEachTimeGoesBeforeWhatIsNew) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1, 1000), MakeBlock(kFirst, 2, 1000), MakeBlock(kFirst, 3, 1000),
                 MakeBlock(kFirst, 4, 1000)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), SizeIs(4));
  Answer("a", v1::BLOCK_STATUS_BUSY, {{kFirst, 2, 0}, {kFirst, 3, 0}});
  Close(kFirst + 1, {MakeBlock(kFirst + 1, 1, 1000), MakeBlock(kFirst + 1, 2, 1000)});
  EXPECT_EQ(Dropped(UnitDrop::kForwardMemory), 20u);
  PassSpread();
  EXPECT_THAT(SentBlocks(), ElementsAre(BlockName{kFirst + 1, 1, 0}, BlockName{kFirst + 1, 2, 0}));
  ExpectBalance();
}

TEST_F(SmallLedgerTest, WhatMayHaveBeenTakenOnceIsKeptThoughItIsRefusedLater) {
  Connect();
  Close(kFirst, {MakeBlock(kFirst, 1, 1000), MakeBlock(kFirst, 2, 1000), MakeBlock(kFirst, 3, 1000),
                 MakeBlock(kFirst, 4, 1000)});
  PassSpread();
  ASSERT_THAT(SentBlocks(), SizeIs(4));
  ledger_.StreamClosed(now_);  // whether it arrived is not known
  ledger_.StreamOpened(now_);
  Welcome("a");
  ASSERT_THAT(SentBlocks(), SizeIs(4));
  Answer("a", v1::BLOCK_STATUS_BUSY, {{kFirst, 1, 0}, {kFirst, 2, 0}, {kFirst, 3, 0}, {kFirst, 4, 0}});
  Close(kFirst + 1, {MakeBlock(kFirst + 1, 1, 1000)});
  EXPECT_EQ(Dropped(UnitDrop::kForwardMemory), 10u);
  EXPECT_EQ(ledger_.counts().samples_pending, 40u);
  ExpectBalance();
}

}  // namespace
}  // namespace tributary
