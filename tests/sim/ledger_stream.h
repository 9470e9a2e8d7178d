#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "local/forward/unit_ledger.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"
#include "tests/sim/proxy.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary::sim {

// A ledger and its stream to one proxy at a time, as the forwarder has them. Lives as long as its node's life does, or
// longer.
class LedgerStream {
 public:
  using Proxies = std::vector<std::unique_ptr<Proxy>>;
  class Listener {
   public:
    virtual ~Listener() = default;
    // Before and after the ledger takes it.
    virtual void OnDown(const v1::Down& down) = 0;
    virtual void AfterDown(UnitLedger& ledger, const v1::Down& down) = 0;
    // Before it is sent.
    virtual void OnBatch(LedgerStream& stream, const v1::Batch& batch) = 0;
  };
  LedgerStream(Node& node, Network& network, const Proxies& proxies, size_t first_proxy, UnitLedger::Options options,
               UnitSpool* spool, Listener& listener);

  UnitLedger& ledger() { return ledger_; }
  const UnitLedger& ledger() const { return ledger_; }
  void Connect();
  void Break();
  // For good.
  void Close();
  // Sends what there is to send.
  void Pump();
  void Send(v1::Up up);

 private:
  void Receive(const v1::Down& down);

  Node& node_;
  Network& network_;
  const Proxies& proxies_;
  size_t next_proxy_;
  Listener& listener_;
  UnitLedger ledger_;
  bool closed_ = false;
  std::shared_ptr<Link> link_;
};

}  // namespace tributary::sim
