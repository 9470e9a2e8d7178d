#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tributary::promql {

// What one query may take; the keys query.max_... of a proxy. More of each costs memory on the proxy, and time on the
// globals.
struct QueryLimits {
  int64_t max_series = 100'000;            // that selectors give
  int64_t max_samples = 5'000'000;         // points in memory, 32 bytes each; a distribution counts as 50
  int64_t max_rows = 5'000'000;            // merged here or at a global
  int64_t max_points_per_series = 11'000;  // of a range query or subquery, as in Prometheus
};

// One query while it runs: its end of time, its books, and the way to stop it.
//
// Errors:  DeadlineExceeded, Cancelled; ResourceExhausted names the limit that was reached and what to change.
// Threads: thread-safe. `clock` outlives it.
class QueryContext {
 public:
  QueryContext(const Clock& clock, absl::Time deadline, const QueryLimits& limits)
      : clock_(clock), deadline_(deadline), limits_(limits) {}

  const QueryLimits& limits() const { return limits_; }
  absl::Time deadline() const { return deadline_; }
  absl::Duration remaining() const { return deadline_ - clock_.Now(); }

  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  // Cheap enough to ask once per series.
  absl::Status Check() const;

  absl::Status AddSeries(int64_t count) {
    return Add(series_, count, limits_.max_series, "series", "query.max_series");
  }
  absl::Status AddRows(int64_t count) { return Add(rows_, count, limits_.max_rows, "rows", "query.max_rows"); }
  // Held by now, not over the query's life: give back with a negative count.
  absl::Status AddSamples(int64_t count) {
    return Add(samples_, count, limits_.max_samples, "samples", "query.max_samples");
  }
  int64_t series() const { return series_.load(std::memory_order_relaxed); }
  int64_t rows() const { return rows_.load(std::memory_order_relaxed); }
  int64_t samples() const { return samples_.load(std::memory_order_relaxed); }

 private:
  static absl::Status Add(std::atomic<int64_t>& total, int64_t count, int64_t limit, absl::string_view things,
                          absl::string_view name);

  const Clock& clock_;
  const absl::Time deadline_;
  const QueryLimits limits_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int64_t> series_{0};
  std::atomic<int64_t> rows_{0};
  std::atomic<int64_t> samples_{0};
};

}  // namespace tributary::promql
