#pragma once

#include <string>

#include "common/telemetry/telemetry.h"

namespace tributary {

// What happens before there are lines. `listener` is the configured address.
struct DatagramMetrics {
  DatagramMetrics(Telemetry& telemetry, const std::string& listener)
      : datagrams(
            telemetry.AddCounter("tributary_local_datagrams_total", "Datagrams received.", {{"listener", listener}})),
        truncated(telemetry.AddCounter("tributary_local_datagrams_truncated_total",
                                       "Datagrams longer than ingest.max_datagram_bytes; their last line is lost.",
                                       {{"listener", listener}})),
        kernel_drops(telemetry.AddCounter("tributary_local_kernel_drops_total",
                                          "Datagrams lost because the socket's receive buffer was full.",
                                          {{"listener", listener}})),
        errors(telemetry.AddCounter("tributary_local_receive_errors_total", "Failed receive and accept calls.",
                                    {{"listener", listener}})) {}
  Counter& datagrams;
  Counter& truncated;
  Counter& kernel_drops;
  Counter& errors;
};

struct StreamMetrics {
  StreamMetrics(Telemetry& telemetry, const std::string& listener)
      : accepted(telemetry.AddCounter("tributary_local_connections_total", "Connections accepted.",
                                      {{"listener", listener}})),
        open(telemetry.AddGauge("tributary_local_connections", "Connections open.", {{"listener", listener}})),
        errors(telemetry.AddCounter("tributary_local_receive_errors_total", "Failed receive and accept calls.",
                                    {{"listener", listener}})),
        closed_limit(Closed(telemetry, listener, "limit")),
        closed_evicted(Closed(telemetry, listener, "evicted")),
        closed_idle(Closed(telemetry, listener, "idle")),
        closed_slow(Closed(telemetry, listener, "slow")),
        closed_bad_length(Closed(telemetry, listener, "bad_length")),
        closed_handshake(Closed(telemetry, listener, "handshake")),
        lines_too_long(telemetry.AddDropCounter("tributary_local_lines_rejected_total",
                                                "Lines that were refused as a whole.", "line_too_long")),
        unfinished(telemetry.AddDropCounter("tributary_local_lines_rejected_total",
                                            "Lines that were refused as a whole.", "unfinished")) {}
  Counter& accepted;
  Gauge& open;
  Counter& errors;
  Counter& closed_limit;
  Counter& closed_evicted;
  Counter& closed_idle;
  Counter& closed_slow;
  Counter& closed_bad_length;
  Counter& closed_handshake;
  Counter& lines_too_long;
  Counter& unfinished;

 private:
  static Counter& Closed(Telemetry& telemetry, const std::string& listener, const std::string& reason) {
    return telemetry.AddCounter("tributary_local_connections_refused_total", "Connections that this side closed.",
                                {{"listener", listener}, {"reason", reason}});
  }
};

}  // namespace tributary
