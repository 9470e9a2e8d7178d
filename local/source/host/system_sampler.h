#pragma once

#include <array>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "local/source/host/host_files.h"
#include "local/source/host/host_tick.h"
#include "local/source/host/kernel_stats.h"
#include "local/source/host/series_writer.h"

namespace tributary {

// The machine as a whole: CPU, memory, paging, load, processes, file handles, connection tracking, pressure.
// Thread-compatible.
class SystemSampler {
 public:
  explicit SystemSampler(std::string proc) : proc_(std::move(proc)) {}

  // Returns how many files were there and made no sense.
  int Sample(const HostTick& tick, absl::Time now, HostFiles& files, SeriesWriter& out);

 private:
  struct PressureRises {
    Rise some;
    Rise full;
  };

  void SampleCpu(const CpuStat& stat, absl::Time now, SeriesWriter& out);
  void SamplePaging(const PagingStat& stat, SeriesWriter& out);
  int SamplePressure(double elapsed, HostFiles& files, SeriesWriter& out);
  void SampleConnections(HostFiles& files, SeriesWriter& out);

  const std::string proc_;
  std::array<Rise, CpuStat::kModeCount> cpu_;
  Rise processes_created_;
  Rise minor_faults_;
  Rise major_faults_;
  Rise swapped_in_;
  Rise swapped_out_;
  Rise oom_kills_;
  PressureRises cpu_pressure_;
  PressureRises memory_pressure_;
  PressureRises io_pressure_;
};

}  // namespace tributary
