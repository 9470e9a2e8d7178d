#pragma once

#include <array>
#include <functional>
#include <string>

#include "common/sink/sink.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// What one sink's feeder counts; every family has the label sink="<name>".
struct SinkMetrics {
  // `lag_seconds` is read at each scrape: the age of the oldest row in hand, 0 when there is none.
  SinkMetrics(const std::string& sink, Telemetry& telemetry, std::function<double()> lag_seconds);

  uint64_t rows_dropped() const;  // for every reason

  Counter& delivered;                              // tributary_sink_rows_delivered_total
  Counter& filtered;                               // tributary_sink_rows_filtered_total
  std::array<Counter*, kSinkDropReasons> dropped;  // tributary_sink_rows_dropped_total by reason: losses
  Counter& retries;                                // tributary_sink_retries_total
  Telemetry::Reading lag;                          // tributary_sink_lag_seconds
};

}  // namespace tributary
