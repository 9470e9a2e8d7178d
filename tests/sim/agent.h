#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/instance_id.h"
#include "common/wire/messages.h"
#include "local/forward/unit_ledger.h"
#include "tests/sim/mutation.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"
#include "tests/sim/proxy.h"
#include "tests/sim/truth.h"

namespace tributary::sim {

// An agent's ledger, fed with random units, and a stream to one proxy at a time. Each life is an instance of its own;
// the next one's Hello says whom it succeeds.
class Agent : public Node {
 public:
  using Proxies = std::vector<std::unique_ptr<Proxy>>;
  struct Options {
    int index = 0;
    uint64_t memory_bytes = 64u << 20;
    uint64_t retain_bytes = 8u << 20;
    IntervalIndex busy_until = 0;  // no samples from then on
    double late_chance = 0.1;      // of a unit of an earlier interval
    double conflict_chance = 0;    // of a second unit with the name of the first
    Mutation mutation = Mutation::kNone;
  };
  Agent(Network& network, int number, Options options, const Proxies& proxies, Truth& truth);

  void Start();
  void Kill();
  // In order: the open interval is closed early, everything is sent and waited for, then Goodbye.
  void Leave();
  void Restart();
  void BreakStream();

  // Nothing waits to be committed.
  bool settled() const { return !alive() || ledger_->counts().samples_pending == 0; }
  const UnitLedger& ledger() const { return *ledger_; }
  // accepted = committed + dropped + pending, in samples and chunk by chunk, and memory within its bound.
  void CheckBooks() const;

 private:
  void Tick();
  void Connect();
  void Receive(const v1::Down& down);
  void FreeReceived(const v1::Down& down);
  void NoteAnswers(const v1::Down& down);
  void Pump();
  void CloseThrough(IntervalIndex last);
  void CloseOpen(bool busy);
  void AddUnit(PartitionId partition, PartitionSet& nonempty, ClosedInterval& closed);
  void AddLateUnit(ClosedInterval& closed);
  void AddChunk(WindowName window, uint32_t chunk, uint32_t chunk_count, std::vector<v1::Block>& blocks,
                ClosedInterval& closed);
  void SendTwins(const v1::Batch& batch);
  void Send(v1::Up up);
  void NoteSent(const v1::Batch& batch);
  Chunk* Find(IntervalIndex interval, uint32_t partition, uint32_t chunk);
  void FinishLeaving();
  void End();

  // Spread over all there are, so that owners differ.
  static constexpr int kPartitionsUsed = 3;

  Network& network_;
  const Options options_;
  bool habit_[kPartitionsUsed] = {};  // which of them it always has something for
  const Proxies& proxies_;
  Truth& truth_;
  InstanceId instance_;
  size_t next_proxy_;
  std::unique_ptr<UnitLedger> ledger_;
  IntervalIndex open_ = 0;  // interval
  bool leaving_ = false;
  absl::Time leave_by_;
  std::shared_ptr<Link> link_;
  std::map<BlockName, Chunk*> chunks_;  // of this life
};

}  // namespace tributary::sim
