#include "local/shard/handover.h"

#include <gtest/gtest.h>

#include <thread>

namespace tributary {
namespace {

ShardWindows Of(IntervalIndex interval) {
  ShardWindows windows;
  windows.main.interval = interval;
  return windows;
}

TEST(HandoverTest, WaitsForTheAnswer) {
  Handover handover;
  handover.Request(8);
  std::thread reader([&handover] {
    while (!handover.requested()) {
    }
    EXPECT_EQ(handover.next_interval(), 8);
    handover.Leave(Of(7));
  });
  const std::vector<ShardWindows> taken = handover.Take(absl::Seconds(30));
  reader.join();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken.front().main.interval, 7);
  EXPECT_FALSE(handover.requested());
}

TEST(HandoverTest, DoesNotWaitForEver) {
  Handover handover;
  handover.Request(8);
  EXPECT_TRUE(handover.Take(absl::Milliseconds(1)).empty());
  EXPECT_TRUE(handover.requested());
}

TEST(HandoverTest, GivesALateAnswerWithTheNext) {
  Handover handover;
  handover.Request(8);
  EXPECT_TRUE(handover.Take(absl::ZeroDuration()).empty());
  handover.Leave(Of(7));
  handover.Request(9);
  handover.Leave(Of(8));
  const std::vector<ShardWindows> taken = handover.Take(absl::ZeroDuration());
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].main.interval, 7);
  EXPECT_EQ(taken[1].main.interval, 8);
}

}  // namespace
}  // namespace tributary
