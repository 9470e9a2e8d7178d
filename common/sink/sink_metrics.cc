#include "common/sink/sink_metrics.h"

#include <string>
#include <utility>

namespace tributary {
namespace {

std::array<Counter*, kSinkDropReasons> DropCounters(const std::string& sink, Telemetry& telemetry) {
  std::array<Counter*, kSinkDropReasons> counters{};
  for (size_t i = 0; i < kSinkDropReasons; ++i) {
    const std::string reason(SinkDropReasonName(static_cast<SinkDropReason>(i)));
    counters[i] = &telemetry.AddCounter("tributary_sink_rows_dropped_total", "Rows that the sink gave up: losses.",
                                        {{"sink", sink}, {"reason", reason}});
  }
  return counters;
}

}  // namespace

SinkMetrics::SinkMetrics(const std::string& sink, Telemetry& telemetry, std::function<double()> lag_seconds)
    : delivered(telemetry.AddCounter("tributary_sink_rows_delivered_total",
                                     "Rows and events that the storage has confirmed.", {{"sink", sink}})),
      filtered(telemetry.AddCounter("tributary_sink_rows_filtered_total",
                                    "Rows and events that the sink's `match` leaves out, or it has no place for.",
                                    {{"sink", sink}})),
      dropped(DropCounters(sink, telemetry)),
      retries(telemetry.AddCounter("tributary_sink_retries_total", "Writes that failed and are tried again.",
                                   {{"sink", sink}})),
      lag(telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_sink_lag_seconds",
                               "Age of the oldest row in hand, from its interval's end; 0 when there is none.",
                               {{"sink", sink}}, std::move(lag_seconds))) {}

uint64_t SinkMetrics::rows_dropped() const {
  uint64_t rows = 0;
  for (const Counter* counter : dropped) rows += counter->value();
  return rows;
}

}  // namespace tributary
