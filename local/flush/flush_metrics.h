#pragma once

#include "common/telemetry/telemetry.h"

namespace tributary {

struct FlushMetrics {
  explicit FlushMetrics(Telemetry& telemetry)
      : flushed_main(Flushed(telemetry, "unit")),
        flushed_late(Flushed(telemetry, "late_unit")),
        flushed_local(Flushed(telemetry, "local")),
        intervals(telemetry.AddCounter("tributary_local_intervals_closed_total", "Intervals closed.")),
        slow_readers(telemetry.AddCounter("tributary_local_slow_readers_total",
                                          "Readers that had not handed over when an interval closed.")),
        active_series(telemetry.AddGauge("tributary_local_active_series",
                                         "Series with samples in the last interval, over all shards.")),
        duration(telemetry.AddHistogram("tributary_local_flush_duration_seconds",
                                        "From an interval's end until its units are handed on.", DurationBounds())) {}
  Counter& flushed_main;
  Counter& flushed_late;
  Counter& flushed_local;
  Counter& intervals;
  Counter& slow_readers;
  Gauge& active_series;
  Histogram& duration;

 private:
  static Counter& Flushed(Telemetry& telemetry, const char* to) {
    return telemetry.AddCounter("tributary_local_samples_flushed_total",
                                "Samples in what was handed on, by what carries them.", {{"to", to}});
  }
};

}  // namespace tributary
