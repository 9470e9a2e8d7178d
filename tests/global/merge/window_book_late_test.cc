#include "global/merge/window_book.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using Values = std::map<std::string, double>;

constexpr IntervalIndex kI = BookHarness::kFirst;

// What comes after a window closed: partial windows made whole, and late versions.

// Agent 1 is away when the window closes; its share of it comes after.
std::unique_ptr<BookHarness> PartialWindow() {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(91));
  EXPECT_TRUE(h->Find("a", kI + 1)->partial);
  return h;
}

TEST(WindowBookLateTest, PartialWindowIsCommittedAgainWhole) {
  auto h = PartialWindow();
  EXPECT_EQ(h->book->stats().provisional_windows, 1u);
  EXPECT_EQ(h->Unit(1, kI + 1, {{"a", 5}, {"b", 7}}), UnitStatus::kOk);
  h->Advance(absl::Seconds(10));
  EXPECT_FALSE(h->WasCommitted(1, kI + 1)) << "more of it may be on its way";
  EXPECT_EQ(h->Unit(1, kI + 1, {{"a", 5}, {"b", 7}}), UnitStatus::kDuplicate);
  h->Marker(1, kI + 1);
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 6}, {"b", 7}}));
  EXPECT_FALSE(h->Find("a", kI + 1)->partial);
  EXPECT_FALSE(h->Find("a", kI + 1)->late);
  EXPECT_EQ(h->Find("a", kI + 1)->coverage, 1);
  EXPECT_EQ(h->Find("a", kI + 1)->contributors, 2u);
  EXPECT_EQ(h->kinds.back(), CloseKind::kSuperset);
  EXPECT_TRUE(h->WasCommitted(1, kI + 1));
  EXPECT_EQ(h->book->stats().provisional_windows, 0u);
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookLateTest, AnEmptyReportMakesAPartialWindowWhole) {
  auto h = PartialWindow();
  h->Marker(1, kI + 1, {});
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 1}}));
  EXPECT_FALSE(h->Find("a", kI + 1)->partial);
}

TEST(WindowBookLateTest, WhatAPartialWindowLacksIsPulled) {
  auto h = PartialWindow();
  h->pulls.clear();
  h->Marker(1, kI + 1);
  h->Advance(absl::Seconds(10));
  ASSERT_FALSE(h->pulls.empty());
  EXPECT_EQ(h->pulls.back().instance, AgentId(1));
  EXPECT_THAT(h->pulls.back().partitions, ElementsAre(BookHarness::kPartition));
}

TEST(WindowBookLateTest, TotalsGrowOnceByWhatMadeAWindowWhole) {
  auto h = PartialWindow();
  h->Report(1, kI + 1, {{"a", 5}, {"b", 7}});
  EXPECT_EQ(h->Find("a", kI + 1)->total->count.ToDouble(), 3) << "two of the interval before, one of the partial row";
  for (int agent : {0, 1}) h->Report(agent, kI + 2, {{"a", 1}, {"b", 1}});
  EXPECT_EQ(h->Find("a", kI + 2)->total->count.ToDouble(), 2 + 6 + 2);
  EXPECT_EQ(h->Find("b", kI + 2)->total->count.ToDouble(), 7 + 2);
}

TEST(WindowBookLateTest, ASeriesThatWasToldAsWholeStays) {
  auto h = WarmHarness(2);
  h->options.coverage_bar = 0.5;
  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI) + absl::Seconds(91));
  ASSERT_FALSE(h->Find("a", kI)->partial);
  h->Report(1, kI, {{"a", 5}, {"b", 7}});
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}, {"a/2", 5}, {"b", 7}}));
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookLateTest, SupersetsAreTheSameInAnyOrder) {
  const auto value_of = [](bool marker_first) {
    auto h = PartialWindow();
    if (marker_first) h->Marker(1, kI + 1);
    h->Unit(1, kI + 1, {{"a", 0.1}});
    if (!marker_first) h->Marker(1, kI + 1);
    return ValueOf(*h->Find("a", kI + 1));
  };
  EXPECT_EQ(value_of(true), value_of(false));
}

TEST(WindowBookLateTest, ARestartTurnsTheRestOfAPartialWindowIntoALateVersion) {
  auto h = PartialWindow();
  h->Unit(1, kI + 1, {{"a", 5}});
  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->Report(1, kI + 1, {{"a", 5}});
  h->Advance(absl::Seconds(5));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 1}, {"a/2", 5}}));
  EXPECT_TRUE(h->WasCommitted(1, kI + 1));
}

TEST(WindowBookLateTest, WhatDoesNotBecomeWholeIsALateVersion) {
  auto h = PartialWindow();
  EXPECT_EQ(h->Unit(1, kI + 1, {{"a", 5}, {"b", 7}}), UnitStatus::kOk);  // and no marker
  h->AdvanceTo(h->End(kI + 1) + (h->options.retain - 1) * absl::Seconds(10));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 1}}));
  h->Advance(absl::Seconds(30));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 1}, {"a/2", 5}, {"b/2", 7}}));
  EXPECT_TRUE(h->Find("b", kI + 1, 2)->late);
  EXPECT_TRUE(h->WasCommitted(1, kI + 1));
  EXPECT_EQ(h->book->stats().provisional_windows, 0u);
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookLateTest, PartialWindowsGiveWayWhenMemoryIsShort) {
  auto h = WarmHarness(2);
  h->options.memory_bytes = 4000;
  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}});
  h->AdvanceTo(h->End(kI) + absl::Seconds(91));
  ASSERT_TRUE(h->Find("a", kI)->partial);
  h->Advance(absl::Seconds(5));
  EXPECT_EQ(h->book->stats().provisional_windows, 0u);
  EXPECT_EQ(h->book->stats().open_bytes, 0u);
}

TEST(WindowBookLateTest, UnitAfterTheCloseIsALateVersionOfItsOwn) {
  auto h = WarmHarness(2);
  h->options.rules.supersets = false;
  h->Restart();
  h->OwnEverything();
  for (int agent : {0, 1}) h->Hello(agent);
  h->AdvanceTo(h->End(kI));
  for (int agent : {0, 1}) h->Report(agent, kI, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"a", 1}});
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(91));
  ASSERT_TRUE(h->Find("a", kI + 1)->partial);

  EXPECT_EQ(h->Unit(1, kI + 1, {{"a", 5}, {"b", 7}}), UnitStatus::kOk);
  EXPECT_FALSE(h->WasCommitted(1, kI + 1));
  h->Advance(absl::Seconds(5));
  EXPECT_EQ(h->Values(kI + 1), (Values{{"a", 1}, {"a/2", 5}, {"b/2", 7}}));
  EXPECT_TRUE(h->Find("b", kI + 1, 2)->late);
  EXPECT_TRUE(h->WasCommitted(1, kI + 1));
  h->Unit(1, kI + 1, {{"a", 5}, {"b", 7}});
  h->Advance(absl::Seconds(5));
  EXPECT_EQ(h->Values(kI + 1).size(), 3u) << "once";
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookLateTest, LateNamedChunksFormVersionsInOrder) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  UnitChunk late = BookHarness::Chunk(0, kI, {{"a", 2}});
  late.chunk_count = 0;
  late.chunk = kFirstLateChunk | (1 << 12);
  EXPECT_EQ(h->Unit(late), UnitStatus::kOk);
  EXPECT_EQ(h->Unit(late), UnitStatus::kDuplicate);
  h->Advance(absl::Seconds(5));
  ++late.chunk;
  late.series = {{CounterKey("a"), CounterOf(4)}};
  h->Unit(late);
  h->Advance(absl::Seconds(5));
  EXPECT_EQ(h->Values(kI), (Values{{"a", 1}, {"a/2", 2}, {"a/3", 4}}));
  h->Report(0, kI + 1, {{"a", 8}});
  EXPECT_EQ(h->Find("a", kI + 1)->total->count.ToDouble(), 15);
}

TEST(WindowBookLateTest, WindowOpenedAfterALaterOneDoesNotTurnTotalsBack) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Marker(0, kI, {});
  h->AdvanceTo(h->End(kI + 1));
  h->Report(0, kI + 1, {{"a", 1}});
  h->Unit(0, kI, {{"a", 2}});
  h->Advance(absl::Seconds(10));
  const Row* row = h->Find("a", kI);
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(row->late);
  EXPECT_FALSE(row->total.has_value());
}

}  // namespace
}  // namespace tributary
