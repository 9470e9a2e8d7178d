#include "cli/figures.h"

#include <limits>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(FiguresTest, CountsAreGroupedByThousands) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(18446744073709551615u), "18,446,744,073,709,551,615");
  EXPECT_EQ(DifferenceText(0), "0");
  EXPECT_EQ(DifferenceText(1234), "1,234");
  EXPECT_EQ(DifferenceText(-95000), "-95,000");
  EXPECT_EQ(DifferenceText(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(FiguresTest, RatesHaveAFractionWhereItTells) {
  EXPECT_EQ(RateText(0.25), "0.2");
  EXPECT_EQ(RateText(47.06), "47.1");
  EXPECT_EQ(RateText(99.96), "100");
  EXPECT_EQ(RateText(1234.5), "1,235");
  EXPECT_EQ(RateText(1e300), "-");
}

TEST(FiguresTest, SharesOfNothingAreNothing) {
  EXPECT_EQ(ShareText(0, 0), "0%");
  EXPECT_EQ(ShareText(1, 250), "0.4%");
  EXPECT_EQ(ShareText(187, 200), "94%");
  EXPECT_EQ(ShareText(1, 1e6), "<0.1%");
}

TEST(FiguresTest, BytesHaveTheLargestUnitThatFits) {
  EXPECT_EQ(BytesText(512), "512 B");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(20 << 20), "20 MiB");
}

TEST(FiguresTest, DurationsHaveTwoUnitsAtMost) {
  EXPECT_EQ(AgoText(absl::Milliseconds(1234)), "1.2s");
  EXPECT_EQ(AgoText(absl::Seconds(45)), "45s");
  EXPECT_EQ(AgoText(absl::Seconds(190)), "3m10s");
  EXPECT_EQ(AgoText(absl::Minutes(125)), "2h05m");
  EXPECT_EQ(AgoText(absl::Hours(99)), "4d3h");
  EXPECT_EQ(AgoText(absl::Seconds(-1)), "0.0s");
}

}  // namespace
}  // namespace tributary
