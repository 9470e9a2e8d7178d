#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/hash/view.h"
#include "common/telemetry/telemetry.h"
#include "proxy/query/expression.h"
#include "proxy/query/fan_out.h"
#include "proxy/query/query_metrics.h"

namespace tributary {

struct QueryResult {
  struct Sample {
    std::map<std::string, std::string> labels;
    double value = 0;
  };
  absl::Time time;
  std::vector<Sample> samples;        // by labels, then by quantile as listed
  std::vector<std::string> warnings;  // why this is less than the whole truth
  std::vector<std::string> infos;     // what it was made of
};

// Answers expressions: asks every global for its groups, merges one sketch per group and global, reads the quantiles.
//
// Honesty: a global that does not answer is named in `warnings`, and so are partial rows; with no answer at all there
// is
//          no result.
// Errors:  InvalidArgument, the expression; FailedPrecondition, it cannot be answered from what is stored, or is over a
//          limit; DeadlineExceeded and Unavailable, no global answered or too many queries run.
// Threads: thread-safe. `fan_out`, `clock` and `telemetry` outlive it.
class QueryEngine {
 public:
  struct Options {
    absl::Duration default_timeout = absl::Seconds(30);
    absl::Duration max_timeout = absl::Seconds(100);  // below HttpServer's handler_timeout
    int max_concurrent = 8;                           // queries; each may hold an answer of every global
  };
  // The globals of the newest views, called once per query from any thread.
  using Globals = std::function<std::vector<Member>()>;

  QueryEngine(FanOut& fan_out, Globals globals, const Clock& clock, Telemetry& telemetry);
  QueryEngine(FanOut& fan_out, Globals globals, const Clock& clock, Telemetry& telemetry, const Options& options);

  // At `time`, or now. A longer timeout than max_timeout is cut to it.
  absl::StatusOr<QueryResult> Query(absl::string_view expression, std::optional<absl::Time> time,
                                    std::optional<absl::Duration> timeout);

  // OK when there is a global to ask.
  absl::Status Ready() const;

 private:
  absl::StatusOr<QueryResult> Run(absl::string_view expression, std::optional<absl::Time> time,
                                  std::optional<absl::Duration> timeout);
  absl::StatusOr<QueryResult> Evaluate(const QuantileExpression& expression, absl::Time time, absl::Duration timeout);

  FanOut& fan_out_;
  const Globals globals_;
  const Clock& clock_;
  const Options options_;
  QueryMetrics metrics_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
