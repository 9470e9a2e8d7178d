#include "global/store/cover_window.h"

#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {

void PrintTo(const WindowPart& part, std::ostream* out) {
  *out << absl::FormatDuration(part.length) << " (" << absl::ToUnixSeconds(part.from) << ", "
       << absl::ToUnixSeconds(part.to) << "]";
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }
WindowPart Part(int64_t length, int64_t from, int64_t to) { return {absl::Seconds(length), At(from), At(to)}; }

constexpr int64_t kDay = 86400;

std::vector<KeptRows> Kept(int64_t raw_from, int64_t minutes_from, int64_t hours_from, int64_t raw_through,
                           int64_t minutes_through, int64_t hours_through) {
  return {{absl::Seconds(10), At(raw_from), At(raw_through)},
          {absl::Minutes(1), At(minutes_from), At(minutes_through)},
          {absl::Hours(1), At(hours_from), At(hours_through)}};
}

TEST(CoverWindowTest, HoursInsideMinutesAndTensAtTheEdges) {
  const auto kept = Kept(0, 0, 0, kDay, kDay, kDay);
  EXPECT_THAT(CoverWindow(At(3600 - 70), At(7200 + 130), kept),
              ElementsAre(Part(10, 3530, 3540), Part(60, 3540, 3600), Part(3600, 3600, 7200), Part(60, 7200, 7320),
                          Part(10, 7320, 7330)));
}

TEST(CoverWindowTest, ShortWindowIsOfShortRows) {
  const auto kept = Kept(0, 0, 0, kDay, kDay, kDay);
  EXPECT_THAT(CoverWindow(At(3630), At(3670), kept), ElementsAre(Part(10, 3630, 3670)));
  EXPECT_THAT(CoverWindow(At(3600), At(3660), kept), ElementsAre(Part(60, 3600, 3660)));
  EXPECT_THAT(CoverWindow(At(3600), At(3600), kept), IsEmpty());
}

TEST(CoverWindowTest, WhatIsNotSealedIsOfShorterRows) {
  const auto kept = Kept(0, 0, 0, 7410, 7380, 3600);
  EXPECT_THAT(CoverWindow(At(0), At(7420), kept),
              ElementsAre(Part(3600, 0, 3600), Part(60, 3600, 7380), Part(10, 7380, 7420)));
}

TEST(CoverWindowTest, LongerRowsStandForShorterOnesThatAreGone) {
  const auto kept = Kept(7200, 3600, 0, kDay, kDay, kDay);
  EXPECT_THAT(CoverWindow(At(1800), At(10800), kept), ElementsAre(Part(3600, 1800, 10800)));
  EXPECT_THAT(CoverWindow(At(3630), At(5405), kept), ElementsAre(Part(60, 3630, 5400)));
}

TEST(CoverWindowTest, NothingIsAskedThatIsGone) {
  const auto kept = Kept(7200, 7200, 7200, kDay, kDay, kDay);
  EXPECT_THAT(CoverWindow(At(0), At(10800), kept), ElementsAre(Part(3600, 7200, 10800)));
  EXPECT_THAT(CoverWindow(At(0), At(3600), kept), IsEmpty());
}

// The tens that the parts stand for are those that end in the window, each once.
TEST(CoverWindowTest, EveryWindowIsCoveredExactlyOnce) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    const int64_t through = static_cast<int64_t>(random() % 30000);
    const auto kept = Kept(0, 0, 0, through, through / 60 * 60, through / 3600 * 3600);
    const int64_t from = static_cast<int64_t>(random() % 30000);
    const int64_t to = from + static_cast<int64_t>(random() % 20000);
    std::multiset<int64_t> covered, expected;
    for (const WindowPart& part : CoverWindow(At(from), At(to), kept)) {
      const int64_t length = absl::ToInt64Seconds(part.length);
      for (int64_t end = 0; end <= 60000; end += length) {
        if (At(end) <= part.from || At(end) > part.to) continue;
        for (int64_t ten = end - length + 10; ten <= end; ten += 10) covered.insert(ten);
      }
    }
    for (int64_t end = 0; end <= 60000; end += 10) {
      if (end > from && end <= to) expected.insert(end);
    }
    ASSERT_EQ(covered, expected) << from << " " << to << " " << through;
  }
}

}  // namespace
}  // namespace tributary
