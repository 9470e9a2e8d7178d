#pragma once

#include <vector>

#include "common/telemetry/telemetry.h"

namespace tributary {

// What Prometheus's client libraries call the process metrics (process_cpu_seconds_total,
// process_resident_memory_bytes, process_open_fds, process_max_fds, process_start_time_seconds), read from /proc at
// each scrape.
[[nodiscard]] std::vector<Telemetry::Reading> AddProcessMetrics(Telemetry& telemetry);

}  // namespace tributary
