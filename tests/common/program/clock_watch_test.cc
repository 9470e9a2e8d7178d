#include "common/program/clock_watch.h"

#include "common/base/clock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

class ClockWatchTest : public ::testing::Test {
 protected:
  absl::Duration After(absl::Duration step) {
    clock_.Advance(step);
    return watch_.SetBackBy(clock_.Now());
  }
  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  ClockWatch watch_{absl::Seconds(10)};
};

TEST_F(ClockWatchTest, ClocksThatRunOrLeapAheadAreFine) {
  EXPECT_EQ(After(absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(After(absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_EQ(After(absl::Hours(5)), absl::ZeroDuration());
}

TEST_F(ClockWatchTest, UpToAnIntervalBackIsNotTold) {
  After(absl::ZeroDuration());
  EXPECT_EQ(After(absl::Seconds(-10)), absl::ZeroDuration());
}

TEST_F(ClockWatchTest, MoreThanAnIntervalBackIsTold) {
  After(absl::ZeroDuration());
  EXPECT_EQ(After(-absl::Hours(1)), absl::Hours(1));
}

TEST_F(ClockWatchTest, SmallStepsAddUp) {
  After(absl::ZeroDuration());
  EXPECT_EQ(After(absl::Seconds(-6)), absl::ZeroDuration());
  EXPECT_EQ(After(absl::Seconds(-6)), absl::Seconds(12));
}

}  // namespace
}  // namespace tributary
