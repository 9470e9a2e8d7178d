#pragma once

#include <string>

#include "local/source/host/host_files.h"
#include "local/source/host/host_tick.h"
#include "local/source/host/kernel_stats.h"
#include "local/source/host/series_writer.h"

namespace tributary {

// A container's own limits, use and throttling: those of one control group, version 2. Thread-compatible.
class CgroupSampler {
 public:
  // `folder`: of the group; empty: that of the container this process is in, looked for in its own /proc, whatever
  // machine's the others are. Silent where there is none.
  explicit CgroupSampler(const std::string& folder, HostFiles& files);

  // Returns how many files were there and made no sense.
  int Sample(const HostTick& tick, HostFiles& files, SeriesWriter& out);

 private:
  struct PressureRises {
    Rise some;
    Rise full;
  };

  int SampleCpu(const HostTick& tick, HostFiles& files, SeriesWriter& out);
  int SampleMemory(const HostTick& tick, HostFiles& files, SeriesWriter& out);
  void SampleEvents(HostFiles& files, SeriesWriter& out);
  int SamplePressure(double elapsed, HostFiles& files, SeriesWriter& out);

  std::string folder_;  // empty: there is none
  Rise usage_;
  Rise user_;
  Rise system_;
  Rise periods_;
  Rise throttled_periods_;
  Rise throttled_time_;
  Rise high_;
  Rise max_;
  Rise oom_;
  Rise oom_kill_;
  PressureRises cpu_pressure_;
  PressureRises memory_pressure_;
  PressureRises io_pressure_;
};

}  // namespace tributary
