#include "proxy/query/query_metrics.h"

namespace tributary {
namespace {

Counter& Result(Telemetry& telemetry, const char* result) {
  return telemetry.AddCounter("tributary_proxy_queries_total", "Queries, by result.", {{"result", result}});
}

}  // namespace

QueryMetrics::QueryMetrics(Telemetry& telemetry)
    : answered_(Result(telemetry, "answered")),
      bad_query_(Result(telemetry, "bad_query")),
      refused_(Result(telemetry, "refused")),
      timeout_(Result(telemetry, "timeout")),
      unavailable_(Result(telemetry, "unavailable")),
      busy_(Result(telemetry, "busy")),
      series_(telemetry.AddCounter("tributary_proxy_query_series_total", "Series that queries matched.")),
      rows_(telemetry.AddCounter("tributary_proxy_query_rows_total", "Rows that globals merged for queries.")),
      running_(telemetry.AddGauge("tributary_proxy_queries_running", "Queries under way.")),
      seconds_(
          telemetry.AddHistogram("tributary_proxy_query_duration_seconds", "Time a query took.", DurationBounds())) {}

void QueryMetrics::CountResult(const absl::Status& status, absl::Duration duration) {
  seconds_.Observe(absl::ToDoubleSeconds(duration));
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return answered_.Increment();
    case absl::StatusCode::kInvalidArgument:
      return bad_query_.Increment();
    case absl::StatusCode::kDeadlineExceeded:
      return timeout_.Increment();
    case absl::StatusCode::kUnavailable:
      return unavailable_.Increment();
    default:
      return refused_.Increment();
  }
}

void QueryMetrics::CountMerged(const promql::QueryContext& context) {
  series_.Increment(static_cast<uint64_t>(context.series()));
  rows_.Increment(static_cast<uint64_t>(context.rows()));
}

}  // namespace tributary
