#include "common/wire/block_runs.h"

#include <functional>
#include <random>
#include <string>

#include "common/hash/partition.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::Block BlockOf(int64_t interval, uint32_t partition, const std::string& payload) {
  v1::Block block;
  block.set_interval(interval);
  block.set_partition(partition);
  block.set_chunk_count(1);
  block.set_sample_count(3);
  block.set_crc32c(0x01020304);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(payload);
  return block;
}

v1::Up BatchOf(const std::vector<v1::Block>& blocks) {
  v1::Up up;
  up.set_instance(std::string(16, 'i'));
  up.mutable_batch()->set_owner("global-0");
  for (const v1::Block& block : blocks) *up.mutable_batch()->add_blocks() = block;
  return up;
}

v1::Up Packed(v1::Up up) {
  PackBlocks(up);
  return up;
}

v1::Up Unpacked(v1::Up up) {
  UnpackBlocks(up);
  return up;
}

v1::Block RandomBlock(std::mt19937_64& random) {
  v1::Block block = BlockOf(100 + static_cast<int64_t>(random() % 2), static_cast<uint32_t>(random() % kPartitionCount),
                            std::string(1 + random() % 400, static_cast<char>(random())));
  block.set_sample_count(random() % 1000);
  block.set_crc32c(static_cast<uint32_t>(random()));
  if (random() % 2 == 0) block.set_codec(v1::CODEC_ZSTD);
  if (random() % 8 == 0) block.set_chunk_count(2);
  if (random() % 8 == 1) {
    block.set_chunk(LateChunk(100, 101, static_cast<uint32_t>(random() % 9)));
    block.set_chunk_count(0);
  }
  return block;
}

TEST(BlockRunsTest, WhatIsUnpackedIsWhatWasPacked) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<v1::Block> blocks(1 + random() % 40);
    for (v1::Block& block : blocks) block = RandomBlock(random);
    const v1::Up up = BatchOf(blocks);
    EXPECT_TRUE(MessageDifferencer::Equals(Unpacked(Packed(up)), up));
  }
}

TEST(BlockRunsTest, WhatBlocksShareIsSaidOnce) {
  std::vector<v1::Block> blocks;
  for (uint32_t partition = 0; partition < 1600; ++partition) {
    blocks.push_back(BlockOf(180'000'000, partition * 2, std::string(140, 'p')));
  }
  const v1::Up packed = Packed(BatchOf(blocks));
  EXPECT_EQ(packed.batch().runs_size(), 1);
  EXPECT_LE(packed.ByteSizeLong(), 1600 * (140 + 8) + 100);  // a step, samples, two of a size, a CRC
}

TEST(BlockRunsTest, AnotherIntervalOrASmallerPartitionBeginsARun) {
  EXPECT_EQ(Packed(BatchOf({BlockOf(1, 7, "a"), BlockOf(1, 7, "b"), BlockOf(1, 8, "c")})).batch().runs_size(), 1);
  EXPECT_EQ(Packed(BatchOf({BlockOf(1, 7, "a"), BlockOf(2, 7, "b")})).batch().runs_size(), 2);
  EXPECT_EQ(Packed(BatchOf({BlockOf(1, 7, "a"), BlockOf(1, 6, "b")})).batch().runs_size(), 2);
}

TEST(BlockRunsTest, OtherMessagesStay) {
  v1::Up up;
  up.mutable_marker()->set_interval(5);
  EXPECT_TRUE(MessageDifferencer::Equals(Packed(up), up));
  EXPECT_TRUE(MessageDifferencer::Equals(Unpacked(up), up));
}

TEST(BlockRunsTest, BlocksThatWereNotPackedAreTakenToo) {
  v1::Up up = Packed(BatchOf({BlockOf(1, 7, "a")}));
  *up.mutable_batch()->add_blocks() = BlockOf(2, 9, "b");
  EXPECT_EQ(Unpacked(up).batch().blocks_size(), 2);
}

TEST(BlockRunsTest, RunsThatAreNotWellFormedMakeNoMessage) {
  const v1::Up good = Packed(BatchOf({BlockOf(1, 7, "ab"), BlockOf(1, 8, "c")}));
  ASSERT_TRUE(Unpacked(good).has_batch());
  const std::vector<std::function<void(v1::BlockRun&)>> wrongs = {
      [](v1::BlockRun& run) { run.add_partition_steps(1); },
      [](v1::BlockRun& run) { run.add_sample_counts(1); },
      [](v1::BlockRun& run) { run.clear_crc32cs(); },
      [](v1::BlockRun& run) { run.add_chunks(0); },
      [](v1::BlockRun& run) { run.add_chunk_counts(1); },
      [](v1::BlockRun& run) { run.clear_sizes(); },
      [](v1::BlockRun& run) { run.set_sizes(0, 0xffffffff); },
      [](v1::BlockRun& run) { run.mutable_payloads()->push_back('x'); },
  };
  for (size_t i = 0; i < wrongs.size(); ++i) {
    v1::Up up = good;
    wrongs[i](*up.mutable_batch()->mutable_runs(0));
    UnpackBlocks(up);
    EXPECT_EQ(up.message_case(), v1::Up::MESSAGE_NOT_SET) << i;
    EXPECT_FALSE(Validate(up).ok()) << i;
  }
}

TEST(BlockRunsTest, BlocksInRunsAreBounded) {
  std::vector<v1::Block> blocks(kMaxBatchBlocks, BlockOf(1, 7, "p"));
  EXPECT_TRUE(Unpacked(Packed(BatchOf(blocks))).has_batch());
  blocks.push_back(BlockOf(2, 7, "p"));
  EXPECT_FALSE(Unpacked(Packed(BatchOf(blocks))).has_batch());
}

v1::Down AnswerOf(const std::vector<uint32_t>& chunks) {
  v1::Down down;
  v1::Received::Blocks& blocks = *down.mutable_received()->add_blocks();
  for (size_t i = 0; i < chunks.size(); ++i) {
    blocks.add_partitions(static_cast<uint32_t>(i));
    blocks.add_chunks(chunks[i]);
  }
  return down;
}

TEST(BlockRunsTest, ChunksOfAnswersAreLeftOutWhenAllAreZero) {
  v1::Down down = AnswerOf({0, 0, 0});
  PackNames(down);
  EXPECT_EQ(down.received().blocks(0).chunks_size(), 0);
  UnpackNames(down);
  EXPECT_TRUE(MessageDifferencer::Equals(down, AnswerOf({0, 0, 0})));

  down = AnswerOf({0, 2});
  PackNames(down);
  UnpackNames(down);
  EXPECT_TRUE(MessageDifferencer::Equals(down, AnswerOf({0, 2})));

  v1::Down committed;
  for (const uint32_t partition : {7, 9}) {
    committed.mutable_committed()->add_partitions(partition);
    committed.mutable_committed()->add_chunks(0);
  }
  down = committed;
  PackNames(down);
  EXPECT_EQ(down.committed().chunks_size(), 0);
  UnpackNames(down);
  EXPECT_TRUE(MessageDifferencer::Equals(down, committed));
}

TEST(BlockRunsTest, AnswersOfOtherLengthsAreForTheirTakerToRefuse) {
  v1::Down down = AnswerOf({0, 0});
  down.set_instance(std::string(16, 'i'));
  down.mutable_received()->mutable_blocks(0)->mutable_chunks()->RemoveLast();
  UnpackNames(down);
  EXPECT_FALSE(Validate(down).ok());
}

TEST(BlockRunsTest, ABlockOutOfRangeIsForItsTakerToRefuse) {
  v1::Up up = Packed(BatchOf({BlockOf(1, 7, "a")}));
  up.mutable_batch()->mutable_runs(0)->set_partition_steps(0, kPartitionCount);
  const v1::Up unpacked = Unpacked(up);
  ASSERT_EQ(unpacked.batch().blocks_size(), 1);
  EXPECT_FALSE(Validate(unpacked.batch().blocks(0)).ok());
}

}  // namespace
}  // namespace tributary
