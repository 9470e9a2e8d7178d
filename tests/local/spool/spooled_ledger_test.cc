#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/wire/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "local/forward/unit_ledger.h"
#include "local/spool/spool_log.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::SizeIs;

constexpr IntervalIndex kFirst = 1000;
constexpr absl::Duration kInterval = absl::Seconds(10);

InstanceId Instance(char c) { return *InstanceId::FromBytes(std::string(InstanceId::kBytes, c)); }

v1::Block MakeBlock(IntervalIndex interval, uint32_t partition, size_t bytes) {
  v1::Block block;
  block.set_interval(interval);
  block.set_partition(partition);
  block.set_chunk_count(1);
  block.set_sample_count(10);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(std::string(bytes, 'x'));
  block.set_crc32c(Crc32c(block.payload()));
  return block;
}

// A ledger with a spool and one owner that commits whatever it is sent.
class SpooledLedgerTest : public testing::Test {
 protected:
  SpooledLedgerTest() {
    spool_.folder = dir_.path() + "/spool";
    spool_.segment_bytes = 64 << 10;
  }

  void Start(char instance, bool always = false, uint64_t memory_bytes = 20'000) {
    ledger_.reset();
    units_.reset();
    log_.reset();
    log_ = *SpoolLog::Open(spool_, clock_);
    legacies_ = log_->TakeLegacies();
    Make(instance, always, memory_bytes);
  }
  void Make(char instance, bool always, uint64_t memory_bytes) {
    instance_ = Instance(instance);
    units_ = log_->For(instance_);
    UnitLedger::Options options;
    options.cluster = "test";
    options.instance = instance_;
    options.interval = kInterval;
    options.first_interval = kFirst;
    options.memory_bytes = memory_bytes;
    options.retain_bytes = retain_bytes_;
    options.spool_always = always;
    ledger_ = std::make_unique<UnitLedger>(options, units_.get());
  }
  // The successor's second ledger, for what `dead` has left.
  void Inherit(char dead) {
    Make(dead, false, 20'000);
    ledger_->Inherit(now_, legacies_.at(Instance(dead)));
  }

  void Close(IntervalIndex interval, uint32_t blocks = 4, size_t bytes = 1000) {
    ClosedInterval closed;
    closed.interval = interval;
    closed.marker.set_interval(interval);
    for (uint32_t i = 0; i < blocks; ++i) closed.blocks.push_back(MakeBlock(interval, i, bytes));
    closed.counts.accepted = 10 * blocks;
    ledger_->Close(now_, std::move(closed));
    now_ += kInterval;
    ExpectBalance();
  }
  v1::Down FromOwner() {
    v1::Down down;
    down.set_instance(std::string(instance_.bytes()));
    down.set_owner("a");
    return down;
  }
  void Connect() {
    now_ += kInterval;
    ledger_->StreamOpened(now_);
    v1::Down view = FromOwner();
    view.clear_owner();
    *view.mutable_view() = ToProto(View{.sequence = 1, .effective_from = 0, .members = {{"a", "a:1", 1}}});
    ledger_->Receive(now_, view);
    v1::Down welcome = FromOwner();
    welcome.mutable_welcome()->set_incarnation(1);
    ledger_->Receive(now_, welcome);
  }
  void Commit(const v1::Block& block) {
    v1::Down down = FromOwner();
    down.mutable_committed()->set_interval(block.interval());
    down.mutable_committed()->add_partitions(block.partition());
    down.mutable_committed()->add_chunks(block.chunk());
    ledger_->Receive(now_, down);
    committed_[NameOf(block)] += 1;
  }
  std::vector<v1::Block> Sent() {
    std::vector<v1::Block> blocks;
    while (auto up = ledger_->Next(now_)) {
      for (v1::Block& block : *up->mutable_batch()->mutable_blocks()) blocks.push_back(std::move(block));
    }
    return blocks;
  }
  // Until nothing comes.
  void CommitAll() {
    for (auto blocks = Sent(); !blocks.empty(); blocks = Sent()) {
      for (const v1::Block& block : blocks) Commit(block);
      ExpectBalance();
    }
  }
  uint64_t Dropped(UnitDrop reason) const { return ledger_->counts().samples_dropped[static_cast<int>(reason)]; }
  void ExpectBalance() const {
    const UnitCounts& counts = ledger_->counts();
    uint64_t dropped = 0;
    for (const uint64_t samples : counts.samples_dropped) dropped += samples;
    EXPECT_EQ(counts.samples_accepted, counts.samples_committed + dropped + counts.samples_pending);
    EXPECT_LE(counts.samples_spooled, counts.samples_pending);
  }

  const TempDir dir_;
  SpoolLog::Options spool_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  absl::Time now_ = IntervalScale(kInterval).Start(kFirst);
  size_t retain_bytes_ = 1 << 20;
  InstanceId instance_;
  std::unique_ptr<SpoolLog> log_;
  std::map<InstanceId, Legacy> legacies_;
  std::unique_ptr<UnitSpool> units_;
  std::unique_ptr<UnitLedger> ledger_;
  std::map<BlockName, int> committed_;
};

TEST_F(SpooledLedgerTest, LongOutageWithLittleMemoryLosesNothing) {
  Start('a');
  for (int i = 0; i < 100; ++i) {
    Close(kFirst + i);
    EXPECT_LE(ledger_->counts().pending_bytes, 20'000u);
  }
  EXPECT_GT(ledger_->counts().samples_spooled, 3000u);
  Connect();
  CommitAll();
  EXPECT_THAT(committed_, SizeIs(400));
  EXPECT_EQ(ledger_->counts().samples_committed, 4000u);
  EXPECT_EQ(ledger_->counts().samples_pending, 0u);
  EXPECT_EQ(ledger_->counts().spooled_bytes, 0u);
}

TEST_F(SpooledLedgerTest, LiveUnitsOvertakeABacklog) {
  Start('a');
  for (int i = 0; i < 50; ++i) Close(kFirst + i);
  Connect();
  std::vector<v1::Block> sent = Sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_GE(sent.front().interval(), kFirst + 47);
  // Later too, while the backlog drains.
  for (int i = 50; ledger_->counts().samples_spooled > 0; ++i) {
    for (const v1::Block& block : sent) Commit(block);
    Close(kFirst + i);
    sent = Sent();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.front().interval(), kFirst + i);
    ASSERT_LT(i, 1000) << "the backlog does not drain";
  }
}

TEST_F(SpooledLedgerTest, KilledWithEverythingOnDiskLosesNothing) {
  Start('a', /*always=*/true);
  for (int i = 0; i < 5; ++i) Close(kFirst + i);
  Start('b');
  Inherit('a');
  EXPECT_EQ(ledger_->counts().samples_inherited, 200u);
  EXPECT_EQ(Dropped(UnitDrop::kSpoolLost), 0u);
  Connect();
  CommitAll();
  EXPECT_THAT(committed_, SizeIs(20));
  EXPECT_EQ(ledger_->counts().samples_pending, 0u);
}

TEST_F(SpooledLedgerTest, WhatWasCommittedBeforeAKillIsNotSentAgain) {
  Start('a', /*always=*/true);
  Connect();
  Close(kFirst);
  CommitAll();
  EXPECT_THAT(committed_, SizeIs(4));
  Close(kFirst + 1);
  Start('b');
  Inherit('a');
  Connect();
  CommitAll();
  EXPECT_THAT(committed_, SizeIs(8));
  for (const auto& [name, times] : committed_) EXPECT_EQ(times, 1);
}

TEST_F(SpooledLedgerTest, KilledWithUnitsInMemoryCountsThemAsLost) {
  Start('a');
  for (int i = 0; i < 10; ++i) Close(kFirst + i);
  const uint64_t in_memory = 400 - ledger_->counts().samples_spooled;
  Start('b');
  Inherit('a');
  EXPECT_EQ(Dropped(UnitDrop::kSpoolLost), in_memory);
  ExpectBalance();
}

TEST_F(SpooledLedgerTest, StoppedInOrderLeavesTheRestOnDisk) {
  Start('a');
  for (int i = 0; i < 3; ++i) Close(kFirst + i);
  ledger_->SpillAll(kFirst + 2);
  EXPECT_EQ(ledger_->counts().samples_spooled, 120u);
  Start('b');
  EXPECT_EQ(legacies_.at(Instance('a')).final_interval, kFirst + 2);
  Inherit('a');
  EXPECT_EQ(Dropped(UnitDrop::kSpoolLost), 0u);
  Connect();
  CommitAll();
  EXPECT_EQ(ledger_->counts().samples_committed, 120u);
}

TEST_F(SpooledLedgerTest, BooksOfADeadInstanceGoOn) {
  Start('a', /*always=*/true);
  Connect();
  Close(kFirst);
  CommitAll();
  Close(kFirst + 1);
  Start('b');
  Inherit('a');
  Connect();
  CommitAll();
  ledger_->SayGoodbye(kFirst + 1);
  const auto up = ledger_->Next(now_);
  ASSERT_TRUE(up && up->has_goodbye());
  EXPECT_EQ(up->goodbye().books().accepted(), 80u);
  EXPECT_EQ(up->goodbye().books().committed(), 80u);
  EXPECT_EQ(up->goodbye().books().pending(), 0u);
}

TEST_F(SpooledLedgerTest, BeyondTheSpoolsBoundTheOldestAreDroppedAndCounted) {
  spool_.max_bytes = 40 << 10;
  spool_.segment_bytes = 8 << 10;
  Start('a');
  for (int i = 0; i < 50; ++i) Close(kFirst + i);
  EXPECT_GT(Dropped(UnitDrop::kSpoolBound), 0u);
  Connect();
  CommitAll();
  EXPECT_EQ(ledger_->counts().samples_committed + Dropped(UnitDrop::kSpoolBound), 2000u);
  EXPECT_TRUE(committed_.contains(BlockName{kFirst + 49, 0, 0}));
}

TEST_F(SpooledLedgerTest, PullIsAnsweredFromDiskWhenMemoryIsFreed) {
  retain_bytes_ = 3000;
  Start('a', /*always=*/false, 1 << 20);
  Connect();
  for (int i = 0; i < 5; ++i) {
    Close(kFirst + i);
    CommitAll();
  }
  v1::Down pull = FromOwner();
  pull.mutable_pull()->set_interval(kFirst);
  pull.mutable_pull()->add_partitions(1);
  ledger_->Receive(now_, pull);
  const std::vector<v1::Block> sent = Sent();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].SerializeAsString(), MakeBlock(kFirst, 1, 1000).SerializeAsString());
}

// A disk that is full: everything stays in memory, as without one.
class FullSpool : public UnitSpool {
 public:
  std::optional<GroupId> Append(Use, const std::vector<v1::Block>&) override { return std::nullopt; }
  std::vector<v1::Block> Read(GroupId) override { return {}; }
  void Forget(GroupId) override {}
  std::vector<GroupId> TakeLost() override { return {}; }
  void NoteMarker(const v1::Marker&, uint64_t) override {}
  void NoteGoodbye(IntervalIndex) override {}
};

TEST_F(SpooledLedgerTest, FullDiskKeepsTheNewestInMemoryAndCountsTheRest) {
  FullSpool full;
  instance_ = Instance('a');
  UnitLedger::Options options;
  options.cluster = "test";
  options.instance = instance_;
  options.interval = kInterval;
  options.first_interval = kFirst;
  options.memory_bytes = 20'000;
  options.spool_always = true;
  ledger_ = std::make_unique<UnitLedger>(options, &full);
  for (int i = 0; i < 20; ++i) Close(kFirst + i);
  Connect();
  CommitAll();
  EXPECT_EQ(ledger_->counts().samples_committed + Dropped(UnitDrop::kForwardMemory), 800u);
  EXPECT_TRUE(committed_.contains(BlockName{kFirst + 19, 3, 0}));
  EXPECT_FALSE(committed_.contains(BlockName{kFirst, 0, 0}));
}

}  // namespace
}  // namespace tributary
