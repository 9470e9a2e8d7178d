#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/query_context.h"
#include "proxy/promql/sample_source.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// What a query came to. Of an instant: a scalar or string; a vector, one point per series; a matrix, the points of the
// windows. Of a range: always a matrix, in order of labels.
struct Answer {
  ValueType type = ValueType::kVector;
  std::vector<Series> series;
  Point scalar;
  std::string text;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// Answers PromQL over the points of a source, with the semantics of Prometheus 3: windows without their left end,
// look-back, stale markers, matching, dropped names. What the source folds itself (SelectedSeries::folded) is taken as
// the function's result. Everything is evaluated over the whole grid at once, node by node.
//
// Errors:  InvalidArgument, the query or its times; FailedPrecondition, it has no answer; ResourceExhausted, a limit,
//          named; DeadlineExceeded and Cancelled; what the source says.
// Threads: thread-safe if the source is, which outlives it.
class Engine {
 public:
  struct Options {
    absl::Duration lookback = absl::Minutes(5);
    absl::Duration subquery_step = absl::Minutes(1);  // where [1h:] names none
    // Of sets too. False: as Prometheus, with a warning and without a result.
    bool refuse_quantiles_of_numbers = false;
  };
  explicit Engine(SampleSource& source) : Engine(source, Options()) {}
  Engine(SampleSource& source, const Options& options) : source_(source), options_(options) {}

  absl::StatusOr<Answer> Instant(absl::string_view query, int64_t time_ms, QueryContext& context) const;
  // At start, start + step, ... up to end.
  absl::StatusOr<Answer> Range(absl::string_view query, int64_t start_ms, int64_t end_ms, int64_t step_ms,
                               QueryContext& context) const;

 private:
  SampleSource& source_;
  const Options options_;
};

}  // namespace tributary::promql
