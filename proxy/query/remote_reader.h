#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "prometheus/remote_read.pb.h"
#include "proxy/promql/label_pattern.h"
#include "proxy/promql/query_context.h"
#include "proxy/promql/sample_source.h"
#include "proxy/query/fan_out.h"
#include "proxy/query/grid_source.h"

namespace tributary {

// Rows as points of Prometheus, under the names that remote write gives them (docs/derived-names.md): for a Prometheus
// that has rules and dashboards over them by `remote_read`.
//
// Totals:   m_total, m_count and m_sum are sums from the start of the asked range on. Where a series' row does not
//           follow on another, what the total was stands 1 ms after the row's start, so that increase() sees the row
//           whole.
// Quantiles: 0.5, 0.9, 0.95, 0.99 and 0.999, and any that a matcher asks for by `=`.
// Honesty:  the answer has no place for a warning. So a row of part of the fleet is labelled as remote write labels it,
//           and where a global does not answer there is no answer, unless `allow_partial`.
// Errors:   InvalidArgument: the request; ResourceExhausted names the limit; FailedPrecondition: two metrics would make
//           one series; Unavailable and DeadlineExceeded: a global did not answer.
// Threads:  thread-safe. `fan_out` and `source` outlive it.
// Source:   Prometheus, "Remote Read API" (samples).
class RemoteReader {
 public:
  static constexpr int kMaxQueries = 16;   // of one request
  static constexpr int kMaxMatchers = 32;  // of one query
  // Where a matcher does not name the metric: of those that match.
  static constexpr size_t kMaxNames = 1000;

  struct Options {
    uint64_t max_bytes = 0;      // of the answer
    bool allow_partial = false;  // answer without the globals that do not
    absl::Time now;
  };

  // `source` asks for rows, `fan_out` for names.
  RemoteReader(FanOut& fan_out, GridSource& source) : fan_out_(fan_out), source_(source) {}

  absl::StatusOr<prometheus::ReadResponse> Read(const prometheus::ReadRequest& request, const Options& options,
                                                promql::QueryContext& context) const;

 private:
  class Query;  // while it is answered

  FanOut& fan_out_;
  GridSource& source_;
};

}  // namespace tributary
