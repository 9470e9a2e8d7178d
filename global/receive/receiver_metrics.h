#pragma once

#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/telemetry/telemetry.h"
#include "global/merge/window_book.h"

namespace tributary {

// What an owner tells of itself. The book's own counts are published as a whole, so that accepted = committed + dropped
// + open at any scrape but the one that falls between two publications. Thread-safe.
class ReceiverMetrics {
 public:
  explicit ReceiverMetrics(Telemetry& telemetry);

  // Of windows that other globals have committed, too.
  struct Contests {
    size_t windows = 0;
    size_t left_out = 0;
    size_t missing_chunks = 0;
  };
  void Publish(const WindowBookStats& stats, const Contests& contests) {
    MutexLock lock(mutex_);
    stats_ = stats;
    contests_ = contests;
  }
  // As published last.
  WindowBookStats stats() const {
    MutexLock lock(mutex_);
    return stats_;
  }

  Counter& messages_refused;  // not well-formed, or before a Hello
  Counter& units_undecodable;
  Counter& hellos_refused;
  Counter& sends_dropped;  // a session's queue was full; the agent sends again
  Counter& events_dropped;
  Counter& announced_drops;   // samples that agents say they dropped
  Counter& peers_unheard;     // questions to other globals
  Counter& rows_approximate;  // of more than merge.buffer_bytes

 private:
  void Read(Telemetry& telemetry, Telemetry::Kind kind, const std::string& name, const std::string& help,
            const Telemetry::Labels& labels, std::function<double(const WindowBookStats&)> read);

  mutable Mutex mutex_;
  WindowBookStats stats_ ABSL_GUARDED_BY(mutex_);
  Contests contests_ ABSL_GUARDED_BY(mutex_);
  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
