#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/sink/memory_row_queue.h"
#include "common/sink/sink_config.h"
#include "common/sink/sink_feeder.h"
#include "common/telemetry/telemetry.h"
#include "local/flush/unit_receiver.h"
#include "local/sinks/local_totals.h"

namespace tributary {

// The sinks of the agent itself: each has a bounded queue of its own and a thread. Thread-safe.
//
// Books:  rows = queued + settled + dropped, for each sink; without any sink all rows are dropped. All of it is
// counted.
class LocalSinks : public LocalRowReceiver {
 public:
  // `clock` and `telemetry` outlive it.
  // `max_series` bounds the running totals.
  static absl::StatusOr<std::unique_ptr<LocalSinks>> Start(const std::vector<SinkConfig>& configs, size_t max_series,
                                                           IntervalScale scale, const Clock& clock,
                                                           Telemetry& telemetry);

  void OnRows(std::vector<Row> rows) override;  // by one thread
  // Gives the sinks until `deadline` to take what waits.
  void Stop(absl::Time deadline);

 private:
  struct Line {
    std::unique_ptr<MemoryRowQueue> queue;
    std::vector<Telemetry::Reading> readings;
    std::unique_ptr<SinkFeeder> feeder;  // last: it ends before its queue
  };

  LocalSinks(size_t max_series, Telemetry& telemetry);

  Counter& rows_without_sink_;
  LocalTotals totals_;
  std::vector<Line> lines_;
};

}  // namespace tributary
