#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/telemetry/telemetry.h"
#include "proxy/query/merged_answer.h"

namespace tributary {

// What a QueryEngine counts. Thread-safe.
class QueryMetrics {
 public:
  explicit QueryMetrics(Telemetry& telemetry);

  void CountResult(const absl::Status& status, absl::Duration duration);
  void CountBusy() { busy_.Increment(); }
  void CountMerged(const MergedAnswer& answer);
  void AddRunning(int queries) { running_.Add(queries); }

 private:
  Counter& answered_;
  Counter& bad_query_;
  Counter& refused_;
  Counter& timeout_;
  Counter& unavailable_;
  Counter& busy_;
  Counter& series_;
  Counter& rows_;
  Counter& groups_;
  Gauge& running_;
  Histogram& seconds_;
};

}  // namespace tributary
