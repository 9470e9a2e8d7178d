#include "common/program/watchdog.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WatchdogTest : public ::testing::Test {
 protected:
  Watchdog::Options Options(int stuck_after, int abort_after) {
    return {.tick = absl::Seconds(1),
            .stuck_after = stuck_after,
            .abort_after = abort_after,
            .abort = [this](const std::string& why, pid_t thread) { aborts_.emplace_back(why, thread); }};
  }
  static void Tick(Watchdog& watchdog, int times) {
    for (int i = 0; i < times; ++i) watchdog.Tick();
  }
  uint64_t StuckTotal(const char* work) {
    return telemetry_
        .AddCounter("tributary_watchdog_stuck_total", "Times that periodic work was found to stand still.",
                    {{"work", work}})
        .value();
  }
  Telemetry telemetry_;
  std::vector<std::pair<std::string, pid_t>> aborts_;
};

TEST_F(WatchdogTest, WorkThatGivesSignsIsFine) {
  Watchdog watchdog(Options(3, 6), telemetry_);
  const Watchdog::Heartbeat beat = watchdog.Watch("flusher");
  for (int i = 0; i < 20; ++i) {
    beat();
    Tick(watchdog, 2);
  }
  EXPECT_TRUE(watchdog.Health().ok());
  EXPECT_EQ(StuckTotal("flusher"), 0u);
}

TEST_F(WatchdogTest, WorkThatHasNotBegunIsNotExpected) {
  Watchdog watchdog(Options(3, 6), telemetry_);
  watchdog.Watch("flusher");
  Tick(watchdog, 100);
  EXPECT_TRUE(watchdog.Health().ok());
}

TEST_F(WatchdogTest, StuckWorkIsNamedAndCountedOnce) {
  Watchdog watchdog(Options(3, 100), telemetry_);
  const Watchdog::Heartbeat flusher = watchdog.Watch("flusher"), relay = watchdog.Watch("relay");
  flusher();
  relay();
  Tick(watchdog, 1);  // sees the signs
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(watchdog.Health().ok()) << i;
    relay();
    Tick(watchdog, 1);
  }
  EXPECT_EQ(watchdog.Health().message(), "flusher has not moved for 3s");
  EXPECT_EQ(StuckTotal("flusher"), 1u);
  EXPECT_EQ(StuckTotal("relay"), 0u);
  Tick(watchdog, 2);
  EXPECT_EQ(StuckTotal("flusher"), 1u);
}

TEST_F(WatchdogTest, WorkThatMovesAgainIsHealthy) {
  Watchdog watchdog(Options(3, 100), telemetry_);
  const Watchdog::Heartbeat beat = watchdog.Watch("flusher");
  beat();
  Tick(watchdog, 10);
  EXPECT_FALSE(watchdog.Health().ok());
  beat();
  Tick(watchdog, 1);
  EXPECT_TRUE(watchdog.Health().ok());
}

// A process that was stopped has had no ticks, however long it was.
TEST_F(WatchdogTest, OnlyTicksCount) {
  Watchdog watchdog(Options(3, 6), telemetry_);
  watchdog.Watch("flusher")();
  Tick(watchdog, 3);
  EXPECT_TRUE(watchdog.Health().ok());
}

TEST_F(WatchdogTest, AbortsOnceWithTheThreadThatIsStuck) {
  Watchdog watchdog(Options(3, 6), telemetry_);
  const Watchdog::Heartbeat beat = watchdog.Watch("flusher");
  pid_t thread = 0;
  std::thread([&] {
    thread = gettid();
    beat();
  }).join();
  Tick(watchdog, 6);
  EXPECT_THAT(aborts_, IsEmpty());
  Tick(watchdog, 10);
  EXPECT_THAT(aborts_, ElementsAre(std::make_pair(std::string("watchdog: flusher has not moved for 6s"), thread)));
}

TEST_F(WatchdogTest, ZeroTurnsBothOff) {
  Watchdog watchdog(Options(0, 0), telemetry_);
  watchdog.Watch("flusher")();
  Tick(watchdog, 1000);
  EXPECT_TRUE(watchdog.Health().ok());
  EXPECT_THAT(aborts_, IsEmpty());
}

TEST_F(WatchdogTest, NothingIsExpectedAtRest) {
  Watchdog watchdog(Options(3, 6), telemetry_);
  watchdog.Watch("flusher")();
  Tick(watchdog, 5);
  watchdog.Rest();
  Tick(watchdog, 100);
  EXPECT_TRUE(watchdog.Health().ok());
  EXPECT_THAT(aborts_, IsEmpty());
}

}  // namespace
}  // namespace tributary
