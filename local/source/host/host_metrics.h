#pragma once

#include <atomic>
#include <cstdint>

#include "common/telemetry/telemetry.h"

namespace tributary {

// What looking at the machine costs and meets. Thread-safe.
struct HostMetrics {
  explicit HostMetrics(Telemetry& telemetry)
      : looks(telemetry.AddCounter("tributary_local_host_looks_total", "Looks at the machine's statistics.")),
        malformed(telemetry.AddCounter("tributary_local_host_files_malformed_total",
                                       "Files of /proc, /sys and control groups that made no sense.")),
        skipped(telemetry.AddGauge("tributary_local_host_devices_skipped",
                                   "Disks, file systems and interfaces beyond those that are told of.")),
        cpu_reading(telemetry.AddReading(Telemetry::Kind::kCounter, "tributary_local_host_cpu_seconds_total",
                                         "CPU time that looking at the machine has cost.", {}, [this] {
                                           return static_cast<double>(cpu_ns.load(std::memory_order_relaxed)) / 1e9;
                                         })) {}
  HostMetrics(const HostMetrics&) = delete;
  HostMetrics& operator=(const HostMetrics&) = delete;

  Counter& looks;
  Counter& malformed;
  Gauge& skipped;
  std::atomic<int64_t> cpu_ns{0};
  Telemetry::Reading cpu_reading;
};

}  // namespace tributary
