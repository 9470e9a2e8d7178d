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

// The chunk, with one event more.
UnitChunk WithEvent(UnitChunk unit, const std::string& title) {
  unit.events.emplace_back().title = title;
  return unit;
}

TEST(WindowBookEventsTest, EventsLeaveOnceInOrderWithTheClose) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  for (const int agent : {1, 0}) {
    h->Marker(agent, kI);
    const UnitChunk unit = WithEvent(BookHarness::Chunk(agent, kI, {{"c", 1}}), agent == 0 ? "a" : "b");
    EXPECT_EQ(h->Unit(unit), UnitStatus::kOk);
    h->Unit(unit);
  }
  h->Advance(absl::Seconds(5));
  EXPECT_THAT(h->events, ElementsAre("a", "b"));
  EXPECT_TRUE(h->BooksBalance());
}

TEST(WindowBookEventsTest, EventsOfAnEarlyCloseAwaitTheCloseAlsoAfterARestart) {
  auto h = WarmHarness(2);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"only0", 1}});
  h->Report(1, kI, {{"only1", 1}});
  h->AdvanceTo(h->End(kI + 1));
  const UnitChunk unit = WithEvent(BookHarness::Chunk(0, kI + 1, {{"only0", 2}}), "once");
  h->Marker(0, kI + 1);
  h->Unit(unit);
  h->AdvanceTo(h->End(kI + 1) + absl::Seconds(5));
  ASSERT_EQ(h->Values(kI + 1), (Values{{"only0", 2}}));
  EXPECT_THAT(h->events, IsEmpty());

  h->Restart();
  h->OwnEverything();
  for (const int agent : {0, 1}) h->Hello(agent);
  h->Marker(0, kI + 1);
  h->Unit(unit);
  h->Report(1, kI + 1, {{"only1", 2}});
  h->Advance(absl::Seconds(5));
  EXPECT_THAT(h->events, ElementsAre("once"));
}

TEST(WindowBookEventsTest, EventOfALateUnitLeavesWithItsVersion) {
  auto h = WarmHarness(1);
  h->AdvanceTo(h->End(kI));
  h->Report(0, kI, {{"a", 1}});
  UnitChunk late = WithEvent(BookHarness::Chunk(0, kI, {}), "late");
  late.chunk = kFirstLateChunk;
  late.chunk_count = 0;
  late.sample_count = 1;
  EXPECT_EQ(h->Unit(late), UnitStatus::kOk);
  h->Advance(absl::Seconds(10));
  EXPECT_THAT(h->events, ElementsAre("late"));
}

}  // namespace
}  // namespace tributary
