#include "common/program/log_level_switch.h"

#include "common/base/log.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

class LogLevelSwitchTest : public ::testing::Test {
 protected:
  LogLevelSwitchTest() { EXPECT_TRUE(SetLogLevel("warn").ok()); }
  ~LogLevelSwitchTest() override { EXPECT_TRUE(SetLogLevel("info").ok()); }
  HttpResponse Put(HttpParameters parameters) { return level_.Put({.parameters = std::move(parameters)}); }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  LogLevelSwitch level_{"warn", clock_};
};

TEST_F(LogLevelSwitchTest, ShowsWhatIsConfigured) {
  const auto page = nlohmann::json::parse(level_.Get().body);
  EXPECT_EQ(page, nlohmann::json({{"level", "warn"}, {"configured", "warn"}}));
}

TEST_F(LogLevelSwitchTest, GoesBackWhenTheTimeIsOver) {
  EXPECT_EQ(nlohmann::json::parse(Put({{"level", "debug"}, {"for", "10m"}}).body)["until"], 1600);
  clock_.Advance(absl::Seconds(599));
  level_.Tick();
  EXPECT_EQ(LogLevel(), "debug");
  clock_.Advance(absl::Seconds(1));
  level_.Tick();
  EXPECT_EQ(LogLevel(), "warn");
}

TEST_F(LogLevelSwitchTest, StaysWithoutATime) {
  EXPECT_EQ(Put({{"level", "error"}}).status, 200);
  clock_.Advance(absl::Hours(100));
  level_.Tick();
  EXPECT_EQ(LogLevel(), "error");
}

TEST_F(LogLevelSwitchTest, AReloadedLevelWaitsForWhatWasAskedFor) {
  Put({{"level", "debug"}, {"for", "1m"}});
  level_.Configure("error");
  EXPECT_EQ(LogLevel(), "debug");
  clock_.Advance(absl::Minutes(1));
  level_.Tick();
  EXPECT_EQ(LogLevel(), "error");
}

TEST_F(LogLevelSwitchTest, AReloadedLevelIsInForceAtOnce) {
  level_.Configure("error");
  EXPECT_EQ(LogLevel(), "error");
}

TEST_F(LogLevelSwitchTest, NonsenseIsRefusedAndChangesNothing) {
  EXPECT_EQ(Put({}).status, 400);
  EXPECT_EQ(Put({{"level", "loud"}}).status, 400);
  EXPECT_EQ(Put({{"level", "debug"}, {"for", "soon"}}).status, 400);
  EXPECT_EQ(Put({{"level", "debug"}, {"for", "25h"}}).status, 400);
  EXPECT_EQ(LogLevel(), "warn");
}

}  // namespace
}  // namespace tributary
