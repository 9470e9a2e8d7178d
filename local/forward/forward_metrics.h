#pragma once

#include <array>

#include "common/telemetry/telemetry.h"
#include "local/forward/unit_ledger.h"

namespace tributary {

// A ledger's counts as self-metrics; several ledgers of a process add up. Owned by the ledger's loop.
class ForwardMetrics {
 public:
  explicit ForwardMetrics(Telemetry& telemetry)
      : closed_(telemetry.AddCounter("tributary_local_units_closed_total", "Units that the ledger was given.")),
        sent_(telemetry.AddCounter("tributary_local_units_sent_total", "Units sent; sent again counts again.")),
        payload_bytes_(telemetry.AddCounter("tributary_local_payload_bytes_sent_total",
                                            "Of the units sent, before what the protocol adds to them.")),
        received_(telemetry.AddCounter("tributary_local_units_received_total", "Units that a global held in memory.")),
        committed_(telemetry.AddCounter("tributary_local_units_committed_total", "Units on a global's disk.")),
        units_dropped_(telemetry.AddCounter("tributary_local_units_dropped_total", "Units given up: lost samples.")),
        accepted_(telemetry.AddCounter("tributary_local_samples_forwarded_total",
                                       "Samples in units closed: committed + dropped here + pending.")),
        samples_committed_(
            telemetry.AddCounter("tributary_local_samples_committed_total", "Samples on a global's disk.")),
        pending_(telemetry.AddGauge("tributary_local_samples_pending", "Samples that are not committed yet.")),
        pending_bytes_(telemetry.AddGauge("tributary_local_pending_bytes", "Memory of units that are not committed.")),
        spooled_(telemetry.AddGauge("tributary_local_samples_spooled", "Pending samples that are on disk only.")),
        spooled_bytes_(telemetry.AddGauge("tributary_local_spooled_bytes", "Units that are on disk only.")),
        inherited_(telemetry.AddCounter("tributary_local_samples_inherited_total",
                                        "Samples taken over from the spool of a dead agent, to be delivered.")),
        invalid_(
            telemetry.AddCounter("tributary_local_proxy_invalid_total", "Messages of proxies that are malformed.")),
        connected_(telemetry.AddGauge("tributary_local_proxy_connected", "1 while a proxy's stream is open.")) {
    for (int i = 0; i < kUnitDrops; ++i) {
      dropped_[i] =
          &telemetry.AddDropCounter("tributary_local_samples_dropped_total", "Accepted samples that came to nothing.",
                                    UnitDropName(static_cast<UnitDrop>(i)));
    }
  }

  // Brings the cells to what the ledger counts now.
  void Publish(const UnitCounts& counts) {
    closed_.Increment(counts.units_closed - last_.units_closed);
    sent_.Increment(counts.units_sent - last_.units_sent);
    payload_bytes_.Increment(counts.payload_bytes_sent - last_.payload_bytes_sent);
    received_.Increment(counts.units_received - last_.units_received);
    committed_.Increment(counts.units_committed - last_.units_committed);
    units_dropped_.Increment(counts.units_dropped - last_.units_dropped);
    accepted_.Increment(counts.samples_accepted - last_.samples_accepted);
    samples_committed_.Increment(counts.samples_committed - last_.samples_committed);
    for (int i = 0; i < kUnitDrops; ++i) {
      dropped_[i]->Increment(counts.samples_dropped[i] - last_.samples_dropped[i]);
    }
    Move(pending_, last_.samples_pending, counts.samples_pending);
    Move(pending_bytes_, last_.pending_bytes, counts.pending_bytes);
    Move(spooled_, last_.samples_spooled, counts.samples_spooled);
    Move(spooled_bytes_, last_.spooled_bytes, counts.spooled_bytes);
    inherited_.Increment(counts.samples_inherited - last_.samples_inherited);
    last_ = counts;
  }
  void CountInvalid() { invalid_.Increment(); }
  void SetConnected(bool connected) { connected_.Set(connected ? 1 : 0); }

 private:
  static void Move(Gauge& gauge, uint64_t from, uint64_t to) {
    gauge.Add(static_cast<double>(to) - static_cast<double>(from));
  }

  Counter& closed_;
  Counter& sent_;
  Counter& payload_bytes_;
  Counter& received_;
  Counter& committed_;
  Counter& units_dropped_;
  Counter& accepted_;
  Counter& samples_committed_;
  std::array<Counter*, kUnitDrops> dropped_;
  Gauge& pending_;
  Gauge& pending_bytes_;
  Gauge& spooled_;
  Gauge& spooled_bytes_;
  Counter& inherited_;
  Counter& invalid_;
  Gauge& connected_;
  UnitCounts last_;
};

}  // namespace tributary
