#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/telemetry/telemetry.h"
#include "proxy/promql/query_context.h"

namespace tributary {

// What a QueryRunner counts. Thread-safe.
class QueryMetrics {
 public:
  explicit QueryMetrics(Telemetry& telemetry);

  void CountResult(const absl::Status& status, absl::Duration duration);
  void CountBusy() { busy_.Increment(); }
  void CountMerged(const promql::QueryContext& context);
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
  Gauge& running_;
  Histogram& seconds_;
};

}  // namespace tributary
