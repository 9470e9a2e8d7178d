#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/instance_id.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "local/forward/unit_ledger.h"
#include "tests/fault/simulated_link.h"
#include "tests/fault/simulated_node.h"
#include "tests/fault/simulated_proxy.h"

namespace tributary {

// An agent's ledger, fed with random units, and a stream to one proxy at a time. It never dies.
class SimulatedAgent : public SimulatedNode {
 public:
  using Proxies = std::vector<std::unique_ptr<SimulatedProxy>>;

  SimulatedAgent(SimulatedWorld& world, int number, uint64_t memory_bytes, const Proxies& proxies);

  const UnitCounts& counts() const { return ledger_.counts(); }
  uint64_t samples_dropped() const;
  void BreakStream();
  // No proxy is within reach for a while.
  void CutOff(absl::Duration time);
  // Ends an interval; with random units when it was a busy one.
  void CloseInterval(IntervalIndex interval, bool busy);
  // accepted = committed + dropped + pending, and memory within its bound.
  void CheckBooks();

 private:
  void Tick();
  void Connect();
  void Receive(const v1::Down& down);
  void Pump();
  void AddUnit(IntervalIndex interval, PartitionSet& nonempty, ClosedInterval& closed);
  void AddLateUnit(IntervalIndex closing, ClosedInterval& closed);
  UnitBuilder Fill(PartitionId partition, SimulationRecords::Sent& sent);

  const uint64_t memory_bytes_;
  const Proxies& proxies_;
  const InstanceId instance_;
  size_t next_proxy_;
  absl::Time cut_off_until_ = absl::InfinitePast();
  UnitLedger ledger_;
  SimulatedProxy* proxy_ = nullptr;
  std::shared_ptr<SimulatedLink> link_;
  std::shared_ptr<SessionId> session_;  // at proxy_
};

}  // namespace tributary
