#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "local/spool/spool_log.h"
#include "tests/sim/ledger_stream.h"
#include "tests/sim/node.h"
#include "tests/sim/spool_witness.h"

namespace tributary::sim {

// What SpoolReplay does, in virtual time: delivers what dead instances have left, one after the other, each under its
// own name and on a stream of its own.
class Replay {
 public:
  struct Options {
    UnitLedger::Options ledger;  // but for whose it is
    // A stream of the successor's, not connected yet.
    std::function<std::unique_ptr<LedgerStream>(UnitLedger::Options, UnitSpool*)> open;
    std::function<void(const InstanceId&)> on_begin;
    std::function<void(const InstanceId&)> on_stopped;
    // All of it is delivered, and nothing of it is on disk any more.
    std::function<void(const InstanceId&, const Legacy&, const UnitLedger&)> on_delivered;
  };
  Replay(Options options, Node& node, const IntervalScale& scale, SpoolLog& log, SpoolWitness& witness,
         std::map<InstanceId, Legacy> legacies);

  bool Has(const InstanceId& instance) const { return legacies_.contains(instance); }
  bool done() const { return legacies_.empty(); }
  const LedgerStream* current() const { return current_ == nullptr ? nullptr : current_->stream.get(); }
  // Often.
  void Tick();
  // What is not delivered stays on disk.
  void Stop();

 private:
  struct Delivery {
    std::unique_ptr<UnitSpool> spool;
    std::unique_ptr<UnitSpool> watched;
    std::unique_ptr<LedgerStream> stream;
    IntervalIndex next = 0;             // to be closed
    std::optional<IntervalIndex> last;  // its marker tells the final books
  };
  void Begin();
  bool IsDelivered();

  const Options options_;
  Node& node_;
  const IntervalScale scale_;
  SpoolLog& log_;
  SpoolWitness& witness_;
  std::map<InstanceId, Legacy> legacies_;  // the first is being delivered
  Delivery* current_ = nullptr;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Delivery>> deliveries_;  // events may still speak of those that are done
};

}  // namespace tributary::sim
