#include "global/receive/answers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(AnswersTest, OneReceivedForEachInstanceGroupedByIntervalAndStatus) {
  const InstanceId a = InstanceId::Random(), b = InstanceId::Random();
  WindowOutputs out;
  out.received = {{{a, 1, 7, 0}, UnitStatus::kOk},
                  {{a, 1, 8, 1}, UnitStatus::kOk},
                  {{a, 1, 9, 0}, UnitStatus::kBusy},
                  {{b, 1, 7, 0}, UnitStatus::kTooOld}};
  out.markers = {{a, 5}};
  const auto received = ReceivedBy(out);
  ASSERT_EQ(received.size(), 2u);
  const v1::Received& of_a = received[received[0].first == a ? 0 : 1].second;
  ASSERT_EQ(of_a.blocks_size(), 2);
  EXPECT_EQ(of_a.blocks(0).status(), v1::BLOCK_STATUS_OK);
  EXPECT_THAT(of_a.blocks(0).partitions(), testing::ElementsAre(7, 8));
  EXPECT_THAT(of_a.blocks(0).chunks(), testing::ElementsAre(0, 1));
  EXPECT_EQ(of_a.blocks(1).status(), v1::BLOCK_STATUS_BUSY);
  EXPECT_THAT(of_a.markers(), testing::ElementsAre(5));
}

TEST(AnswersTest, OneCommittedForEachInstanceAndInterval) {
  const InstanceId a = InstanceId::Random();
  WindowOutputs out;
  out.committed = {{a, 1, 7, 0}, {a, 2, 7, 0}, {a, 1, 8, 3}};
  const auto committed = CommittedBy(out);
  ASSERT_EQ(committed.size(), 2u);
  EXPECT_EQ(committed[0].second.interval(), 1);
  EXPECT_THAT(committed[0].second.partitions(), testing::ElementsAre(7, 8));
  EXPECT_THAT(committed[0].second.chunks(), testing::ElementsAre(0, 3));
}

}  // namespace
}  // namespace tributary
