#include "global/query/grid_windows.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using Span = GridWindows::Span;

TEST(GridWindowsTest, WindowsSideBySideAreSegmentsThemselves) {
  const GridWindows windows(100, 10, 3, 10);
  EXPECT_THAT(windows.segments(), ElementsAre(Span{90, 100}, Span{100, 110}, Span{110, 120}));
  EXPECT_THAT(windows.Covered(), ElementsAre(Span{90, 120}));
  EXPECT_EQ(windows.SegmentOf(90), std::nullopt);
  EXPECT_EQ(windows.SegmentOf(91), 0u);
  EXPECT_EQ(windows.SegmentOf(100), 0u);
  EXPECT_EQ(windows.SegmentOf(101), 1u);
  EXPECT_EQ(windows.SegmentOf(121), std::nullopt);
}

TEST(GridWindowsTest, BetweenWindowsThereIsNothing) {
  const GridWindows windows(100, 60, 2, 10);
  EXPECT_THAT(windows.segments(), ElementsAre(Span{90, 100}, Span{150, 160}));
  EXPECT_THAT(windows.Covered(), ElementsAre(Span{90, 100}, Span{150, 160}));
  EXPECT_EQ(windows.SegmentOf(120), std::nullopt);
}

// Every time lies in the segment, and the windows, that the definition says.
TEST(GridWindowsTest, SegmentsAgreeWithTheDefinition) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const int64_t start = std::uniform_int_distribution<int64_t>(-50, 50)(random);
    const int64_t step = std::uniform_int_distribution<int64_t>(1, 20)(random);
    const int64_t window = std::uniform_int_distribution<int64_t>(1, 60)(random);
    const size_t count = std::uniform_int_distribution<size_t>(1, 12)(random);
    const GridWindows windows(start, step, count, window);
    for (int64_t at = start - window - 5; at < start + step * static_cast<int64_t>(count) + 5; ++at) {
      const std::optional<size_t> segment = windows.SegmentOf(at);
      bool in_any = false;
      for (size_t i = 0; i < count; ++i) {
        const int64_t end = start + static_cast<int64_t>(i) * step;
        const bool inside = at > end - window && at <= end;
        const auto [first, last] = windows.SegmentsOf(i);
        in_any |= inside;
        EXPECT_EQ(inside, segment && first <= *segment && *segment < last)
            << start << " " << step << " " << window << " " << count << " at " << at;
      }
      EXPECT_EQ(in_any, segment.has_value());
      if (segment) {
        EXPECT_LT(windows.segments()[*segment].from_ms, at);
        EXPECT_LE(at, windows.segments()[*segment].to_ms);
      }
    }
  }
}

}  // namespace
}  // namespace tributary
