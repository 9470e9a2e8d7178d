#include "common/base/log.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(LogTest, KnownLevelsAreTaken) {
  for (const absl::string_view level : {"debug", "info", "warn", "error"}) EXPECT_TRUE(InitLogging("test", level).ok());
}

TEST(LogTest, AnUnknownLevelIsNamed) {
  const absl::Status status = InitLogging("test", "loud");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("loud"), absl::string_view::npos);
}

TEST(LogEveryTest, IsDueOncePerPeriod) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  LogEvery every(clock, absl::Seconds(5));
  EXPECT_TRUE(every.Due());
  EXPECT_FALSE(every.Due());
  clock.Advance(absl::Seconds(4));
  EXPECT_FALSE(every.Due());
  clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(every.Due());
  EXPECT_FALSE(every.Due());
}

}  // namespace
}  // namespace tributary
