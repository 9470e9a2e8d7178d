#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/wire/messages.h"
#include "local/forward/unit_ledger.h"
#include "local/spool/spool_log.h"
#include "tests/sim/ledger_stream.h"
#include "tests/sim/mutation.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"
#include "tests/sim/replay.h"
#include "tests/sim/spool_disk.h"
#include "tests/sim/spool_witness.h"
#include "tests/sim/truth.h"

namespace tributary::sim {

// An agent's ledger, fed with random units, and its spool. Each life is an instance of its own; the next one delivers
// what it finds on the spool, and its Hello says whom it succeeds.
class Agent : public Node, private LedgerStream::Listener {
 public:
  using Proxies = LedgerStream::Proxies;
  enum class Spool { kOff, kOverflow, kAlways };
  struct Options {
    int index = 0;
    uint64_t memory_bytes = 64u << 20;
    uint64_t retain_bytes = 8u << 20;
    Spool spool = Spool::kOff;
    uint64_t spool_bytes = 64u << 20;
    IntervalIndex busy_until = 0;  // no samples from then on
    double late_chance = 0.1;      // of a unit of an earlier interval
    double conflict_chance = 0;    // of a second unit with the name of the first
    Mutation mutation = Mutation::kNone;
  };
  Agent(Network& network, int number, Options options, const Proxies& proxies, Truth& truth);

  void Start();
  void Kill();
  void LosePower();
  void FillDisk(bool full) {
    disk_.Fill(full);
    bound_is_exact_ = false;
  }
  // In order: the open interval is closed early, everything is sent and waited for, then Goodbye.
  void Leave();
  void Restart();
  void BreakStream();

  // Nothing waits to be committed.
  bool settled() const;
  const UnitLedger& ledger() const { return stream_->ledger(); }
  // accepted = committed + dropped + pending, in samples and chunk by chunk, and memory within its bound.
  void CheckBooks() const;

 private:
  using Chunks = std::map<BlockName, Chunk*>;
  // What its clock says.
  class NodeClock : public Clock {
   public:
    explicit NodeClock(const Node& node) : node_(node) {}
    absl::Time Now() const override { return node_.clock(); }

   private:
    const Node& node_;
  };

  void Tick();
  UnitLedger::Options LedgerOptions() const;
  std::unique_ptr<LedgerStream> OpenStream(UnitLedger::Options options, UnitSpool* spool);
  void OpenSpool(const InstanceId& before);
  void CheckLedger(const UnitLedger& ledger) const;
  void NoteEnd();
  void CheckLeft(const InstanceId& before, const std::map<InstanceId, Legacy>& legacies,
                 const std::map<InstanceId, std::set<BlockName>>& found);
  void CheckDelivered(const InstanceId& instance, const UnitLedger& ledger);
  void OnDown(const v1::Down& down) override;
  void AfterDown(UnitLedger& ledger, const v1::Down& down) override;
  void OnBatch(LedgerStream& stream, const v1::Batch& batch) override;
  void CloseThrough(IntervalIndex last);
  void CloseOpen(bool busy);
  void AddUnit(PartitionId partition, PartitionSet& nonempty, ClosedInterval& closed);
  void AddLateUnit(ClosedInterval& closed);
  void AddChunk(WindowName window, uint32_t chunk, uint32_t chunk_count, std::vector<v1::Block>& blocks,
                ClosedInterval& closed);
  void SendTwins(LedgerStream& stream, const v1::Batch& batch);
  Chunk* Find(absl::string_view instance, BlockName name);
  void FinishLeaving();
  void End();

  // Spread over all there are, so that owners differ.
  static constexpr int kPartitionsUsed = 3;

  Network& network_;
  const Options options_;
  bool habit_[kPartitionsUsed] = {};  // which of them it always has something for
  const Proxies& proxies_;
  Truth& truth_;
  const NodeClock node_clock_;
  SpoolDisk disk_;
  SpoolWitness witness_;
  bool bound_is_exact_ = true;  // nothing but a kill has happened to the disk in this life
  InstanceId instance_;
  size_t next_proxy_;
  // Of this life.
  std::unique_ptr<SpoolLog> log_;
  std::unique_ptr<UnitSpool> spool_;
  std::unique_ptr<UnitSpool> watched_;
  std::unique_ptr<Replay> replay_;
  std::unique_ptr<LedgerStream> stream_;
  IntervalIndex open_ = 0;  // interval
  absl::Time started_;
  bool leaving_ = false;
  absl::Time leave_by_;
  std::map<InstanceId, Chunks> chunks_;  // of every life
};

}  // namespace tributary::sim
