#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metric/metric_type.h"
#include "proxy/promql/engine.h"
#include "proxy/promql/value.h"
#include "proxy/query/query_runner.h"

namespace tributary {

// What capacity asks of the cluster's store. Errors are the queries' own. Implementations are thread-safe.
class History {
 public:
  virtual ~History() = default;
  virtual absl::StatusOr<promql::Answer> Instant(const std::string& query, absl::Time at) = 0;
  virtual absl::StatusOr<promql::Answer> Range(const std::string& query, absl::Time start, absl::Time end,
                                               absl::Duration step) = 0;
  // Nothing when no such metric has rows in the time.
  virtual absl::StatusOr<std::optional<MetricType>> TypeOf(const std::string& metric, absl::Time from,
                                                           absl::Time to) = 0;
  virtual absl::Time Now() const = 0;
};

// The fleet's, through the proxy's query engine.
class QueryHistory : public History {
 public:
  explicit QueryHistory(QueryRunner& queries) : queries_(queries) {}
  absl::StatusOr<promql::Answer> Instant(const std::string& query, absl::Time at) override;
  absl::StatusOr<promql::Answer> Range(const std::string& query, absl::Time start, absl::Time end,
                                       absl::Duration step) override;
  absl::StatusOr<std::optional<MetricType>> TypeOf(const std::string& metric, absl::Time from, absl::Time to) override;
  absl::Time Now() const override { return queries_.Now(); }

 private:
  QueryRunner& queries_;
};

// Equal steps, (start + i step, start + (i + 1) step].
struct StepGrid {
  absl::Time start;
  absl::Duration step;
  size_t count = 0;
  absl::Time EndOf(size_t i) const { return start + step * static_cast<int64_t>(i + 1); }
  absl::Time end() const { return EndOf(count) - step; }

  // The whole steps in (from, to], at multiples of the step.
  static StepGrid Within(absl::Time from, absl::Time to, absl::Duration step);
};

// One entity, or one instance of one, on a grid. Where nothing is known: NaN, null.
struct Track {
  std::string entity;
  std::string instance;
  std::vector<double> values;
  std::vector<promql::DistributionPtr> distributions;  // empty unless they were asked for
};

// Puts capacity's questions into PromQL and reads the answers. Notes gather what answers warn of. Thread-compatible.
class HistoryReader {
 public:
  static constexpr size_t kMaxEntities = 5000;  // more is ResourceExhausted

  // Every question after `deadline` is DeadlineExceeded.
  HistoryReader(History& history, absl::Time deadline) : history_(history), deadline_(deadline) {}

  // In whole milliseconds, as the store has it.
  absl::Time Now() const { return absl::FromUnixMillis(absl::ToUnixMillis(history_.Now())); }
  absl::StatusOr<std::optional<MetricType>> TypeOf(const std::string& metric, absl::Time from, absl::Time to);

  // Samples a second: what a counter counted, how many samples a distribution has. `by` names tags; none: one track.
  absl::StatusOr<std::vector<Track>> Rates(const std::string& metric, const std::vector<std::string>& by,
                                           const StepGrid& grid);
  // Distributions of each step, and in `values` their means.
  absl::StatusOr<std::vector<Track>> Distributions(const std::string& metric, const std::vector<std::string>& by,
                                                   const StepGrid& grid);
  // Means of a gauge.
  absl::StatusOr<std::vector<Track>> Means(const std::string& gauge, const std::vector<std::string>& by,
                                           const StepGrid& grid);
  // The means of one gauge by those of another.
  absl::StatusOr<std::vector<Track>> Quotients(const std::string& part, const std::string& whole,
                                               const std::vector<std::string>& by, const StepGrid& grid);
  // One step, in which the newest row counts: for what is so now. Distributions have their mean in `values`.
  absl::StatusOr<std::vector<Track>> Newest(const std::string& expression, const std::vector<std::string>& by);

  const std::vector<std::string>& notes() const { return notes_; }
  void Note(const std::string& note);

 private:
  absl::StatusOr<std::vector<Track>> Ask(const std::string& query, const std::vector<std::string>& by,
                                         const StepGrid& grid);
  absl::Status CheckDeadline() const;

  History& history_;
  const absl::Time deadline_;
  std::vector<std::string> notes_;
};

// A metric in PromQL, byte by byte: {"api.latency"}.
std::string MetricSelector(const std::string& metric);
// sum by (host, instance) (...) and its like; labels as Prometheus spells them.
std::string Grouped(const std::string& operation, const std::vector<std::string>& by, const std::string& expression);

}  // namespace tributary
