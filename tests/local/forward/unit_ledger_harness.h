#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "gtest/gtest.h"
#include "local/forward/unit_ledger.h"

namespace tributary {

inline constexpr IntervalIndex kFirst = 1000;
inline constexpr absl::Duration kInterval = absl::Seconds(10);

inline InstanceId Instance() { return *InstanceId::FromBytes("0123456789abcdef"); }

inline v1::Block MakeBlock(IntervalIndex interval, uint32_t partition, size_t bytes = 100, uint64_t samples = 10) {
  v1::Block block;
  block.set_interval(interval);
  block.set_partition(partition);
  block.set_chunk_count(1);
  block.set_sample_count(samples);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(std::string(bytes, 'x'));
  block.set_crc32c(Crc32c(block.payload()));
  return block;
}

// A ledger with hands: time moves by hand, everything it says is collected.
class UnitLedgerTest : public testing::Test {
 protected:
  explicit UnitLedgerTest(size_t memory_bytes = 64 << 20) : ledger_(MakeOptions(memory_bytes)) {}

  static UnitLedger::Options MakeOptions(size_t memory_bytes) {
    UnitLedger::Options options;
    options.cluster = "test";
    options.instance = Instance();
    options.interval = kInterval;
    options.first_interval = kFirst;
    options.memory_bytes = memory_bytes;
    return options;
  }

  void Close(IntervalIndex interval, std::vector<v1::Block> blocks) {
    ClosedInterval closed;
    closed.interval = interval;
    closed.marker.set_interval(interval);
    PartitionSet nonempty;
    for (const v1::Block& block : blocks) nonempty.set(block.partition());
    if (nonempty.any()) closed.marker.set_nonempty(EncodePartitions(nonempty));
    closed.blocks = std::move(blocks);
    ledger_.Close(now_, std::move(closed));
  }

  v1::Down From(const std::string& owner) {
    v1::Down down;
    down.set_instance(std::string(Instance().bytes()));
    down.set_owner(owner);
    return down;
  }
  void SetMembers(IntervalIndex effective_from, const std::vector<std::string>& ids) {
    View view{.sequence = ++sequence_, .effective_from = effective_from, .members = {}};
    for (const std::string& id : ids) view.members.push_back({.id = id, .address = id + ":1", .weight = 1});
    v1::Down down = From("");
    *down.mutable_view() = ToProto(view);
    ledger_.Receive(now_, down);
  }
  void Welcome(const std::string& owner, uint64_t incarnation = 1, IntervalIndex sealed_through = 0) {
    v1::Down down = From(owner);
    down.mutable_welcome()->set_incarnation(incarnation);
    down.mutable_welcome()->set_sealed_through(sealed_through);
    ledger_.Receive(now_, down);
  }
  void Answer(const std::string& owner, v1::BlockStatus status, const std::vector<BlockName>& names) {
    for (const BlockName& name : names) {
      v1::Down down = From(owner);
      v1::Received::Blocks* blocks = down.mutable_received()->add_blocks();
      blocks->set_interval(name.interval);
      blocks->set_status(status);
      blocks->add_partitions(name.partition);
      blocks->add_chunks(name.chunk);
      ledger_.Receive(now_, down);
    }
  }
  void Commit(const std::string& owner, const std::vector<BlockName>& names) {
    for (const BlockName& name : names) {
      v1::Down down = From(owner);
      down.mutable_committed()->set_interval(name.interval);
      down.mutable_committed()->add_partitions(name.partition);
      down.mutable_committed()->add_chunks(name.chunk);
      ledger_.Receive(now_, down);
    }
  }
  void TakeMarker(const std::string& owner, IntervalIndex interval) {
    v1::Down down = From(owner);
    down.mutable_received()->add_markers(interval);
    ledger_.Receive(now_, down);
  }
  void Pull(const std::string& owner, IntervalIndex interval, uint32_t partition) {
    v1::Down down = From(owner);
    down.mutable_pull()->set_interval(interval);
    down.mutable_pull()->add_partitions(partition);
    ledger_.Receive(now_, down);
  }

  // Everything the ledger has to say now.
  std::vector<v1::Up> Said() {
    std::vector<v1::Up> said;
    while (auto up = ledger_.Next(now_)) said.push_back(*std::move(up));
    return said;
  }
  std::vector<BlockName> SentBlocks() {
    std::vector<BlockName> names;
    for (const v1::Up& up : Said()) {
      for (const v1::Block& block : up.batch().blocks()) names.push_back(NameOf(block));
    }
    return names;
  }
  std::vector<IntervalIndex> SentMarkers() {
    std::vector<IntervalIndex> intervals;
    for (const v1::Up& up : Said()) {
      if (up.has_marker()) intervals.push_back(up.marker().interval());
    }
    return intervals;
  }
  // A stream to a cluster of one owner.
  void Connect() {
    ledger_.StreamOpened(now_);
    SetMembers(0, {"a"});
    Welcome("a");
    Said();
  }
  void Pass(absl::Duration time) { now_ += time; }
  void PassSpread() { Pass(0.3 * kInterval); }

  uint64_t Dropped(UnitDrop reason) { return ledger_.counts().samples_dropped[static_cast<int>(reason)]; }
  void ExpectBalance() {
    const UnitCounts& counts = ledger_.counts();
    uint64_t dropped = 0;
    for (const uint64_t samples : counts.samples_dropped) dropped += samples;
    EXPECT_EQ(counts.samples_accepted, counts.samples_committed + dropped + counts.samples_pending);
  }

  absl::Time now_ = absl::FromUnixSeconds(kFirst * 10);
  uint64_t sequence_ = 0;
  UnitLedger ledger_;
};

}  // namespace tributary
