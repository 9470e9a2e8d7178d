#pragma once

#include <functional>
#include <map>
#include <thread>

#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/net/dns_resolver.h"
#include "common/telemetry/telemetry.h"
#include "local/forward/forwarder.h"
#include "local/spool/spool_log.h"

namespace tributary {

// Delivers what dead instances have left in the spool, each under its own name and on a stream of its own, in the
// backfill lane; one after the other. Meanwhile empty markers in their names keep live windows from waiting for them.
//
// Threads: one of its own.
class SpoolReplay {
 public:
  struct Options {
    Forwarder::Options forwarder;      // but for whose it is
    IntervalIndex first_interval = 0;  // of the successor
  };
  // `log`, `clock` and `telemetry` outlive it.
  SpoolReplay(Options options, SpoolLog& log, const Clock& clock, Telemetry& telemetry);
  ~SpoolReplay() { Stop(); }

  bool Has(const InstanceId& instance) const { return legacies_.contains(instance); }
  // `on_dead` is told, on the thread, of each that is delivered and cannot say Goodbye; not after Stop.
  void Start(std::function<void(const InstanceId&)> on_dead);
  // What is not delivered stays on disk.
  void Stop();

 private:
  void Run();
  bool Deliver(const InstanceId& instance, const Legacy& legacy);
  bool stopping() const;

  const Options options_;
  SpoolLog& log_;
  const Clock& clock_;
  const IntervalScale scale_;
  Telemetry& telemetry_;
  std::function<void(const InstanceId&)> on_dead_;
  SystemDnsResolver resolver_;
  const std::map<InstanceId, Legacy> legacies_;
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tributary
