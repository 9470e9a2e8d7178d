#include "common/base/interval.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(IntervalTest, AnIntervalHoldsItsStartAndNotItsEnd) {
  const IntervalScale scale(absl::Seconds(10));
  const IntervalIndex index = scale.At(absl::FromUnixSeconds(1700000005));
  EXPECT_EQ(index, 170000000);
  EXPECT_EQ(scale.Start(index), absl::FromUnixSeconds(1700000000));
  EXPECT_EQ(scale.End(index), absl::FromUnixSeconds(1700000010));
  EXPECT_EQ(scale.At(scale.Start(index)), index);
  EXPECT_EQ(scale.At(scale.End(index) - absl::Nanoseconds(1)), index);
  EXPECT_EQ(scale.At(scale.End(index)), index + 1);
}

TEST(IntervalTest, TimesBeforeTheEpochRoundDown) {
  const IntervalScale scale(absl::Seconds(1));
  EXPECT_EQ(scale.At(absl::UnixEpoch() - absl::Nanoseconds(1)), -1);
  EXPECT_EQ(scale.At(absl::UnixEpoch() - absl::Seconds(1)), -1);
  EXPECT_EQ(scale.At(absl::UnixEpoch() - absl::Milliseconds(1001)), -2);
}

}  // namespace
}  // namespace tributary
