#pragma once

#include <cstdint>
#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "local/shard/shard.h"
#include "local/source/host/cgroup_sampler.h"
#include "local/source/host/device_sampler.h"
#include "local/source/host/host_config.h"
#include "local/source/host/host_files.h"
#include "local/source/host/host_metrics.h"
#include "local/source/host/system_sampler.h"

namespace tributary {

// The statistics of the machine that the agent is on, as samples like any others (docs/host-metrics.md).
//
// A thread looks every `sample_every`, half of that after its multiples, so that no look falls on the end of an
// interval. What runs up to a limit is a distribution: of several looks in each interval, and merged of every stretch
// of time. What the kernel counts up is a counter of what it rose by from look to look. Threads: Start and Stop by one
// owner; the thread is the reader of the shard. Look is for tests, and before Start.
class HostSource {
 public:
  // `shard`, `clock` and `metrics` outlive this.
  HostSource(const HostConfig& config, IntervalScale scale, Shard& shard, const Clock& clock, HostMetrics& metrics);
  ~HostSource();

  void Start();
  // Before the shard is detached. Idempotent.
  void Stop();

  // One look. `elapsed` since the one before; zero: there was none, or nobody knows.
  void Look(absl::Duration elapsed);

 private:
  void Run();
  // Waits until it is time for a look. Hands the shard's windows over meanwhile. False: it is time to end.
  bool WaitForLook();
  int64_t SlotNow() const;

  const HostConfig config_;
  const IntervalScale scale_;
  Shard& shard_;
  const Clock& clock_;
  HostMetrics& metrics_;
  HostFiles files_;
  SystemSampler system_;
  DeviceSampler devices_;
  CgroupSampler cgroup_;
  std::optional<IntervalIndex> last_interval_;
  absl::Duration since_interval_;  // the first look in it
  int64_t last_slot_;

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool windows_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tributary
