// What a start knows, and what it waits for.
#include <memory>

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

}  // namespace
}  // namespace tributary
