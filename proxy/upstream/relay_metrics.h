#pragma once

#include <map>
#include <string>

#include "common/telemetry/telemetry.h"
#include "proxy/route/router.h"

namespace tributary {

// A Router's counts as self-metrics. Owned by the router's loop.
class RelayMetrics {
 public:
  explicit RelayMetrics(Telemetry& telemetry);

  // Brings the cells to what the router counts now.
  void Publish(const Router& router);
  void SetQueueBytes(const std::string& owner, size_t bytes) {
    OwnerCells(owner).queue_bytes.Set(static_cast<double>(bytes));
  }

 private:
  struct Owner {
    Owner(Telemetry& telemetry, const std::string& id);
    Counter& blocks_routed;
    Counter& samples_routed;
    Counter& unavailable;
    Counter& busy;
    Counter& committed;
    Gauge& queue_bytes;
  };
  Owner& OwnerCells(const std::string& id);

  Telemetry& telemetry_;
  Gauge& members_;
  Gauge& members_waiting_;
  Gauge& members_guarded_;
  Gauge& agents_;
  Counter& agents_refused_;
  Counter& blocks_invalid_;
  Counter& blocks_unowned_;
  Counter& answers_dropped_;
  Counter& upstream_invalid_;
  std::map<std::string, Owner> owners_;
};

}  // namespace tributary
