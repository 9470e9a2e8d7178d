#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/metric/metric_type.h"
#include "common/sink/labels.h"
#include "common/telemetry/telemetry.h"
#include "proxy/promql/engine.h"
#include "proxy/query/grid_source.h"
#include "proxy/query/query_metrics.h"
#include "proxy/query/remote_reader.h"

namespace tributary {

// What globals list, as one: sorted, none twice.
struct Listing {
  std::vector<std::string> texts;
  std::vector<std::pair<Labels, MetricType>> series;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// Runs queries over the whole cluster: so many at once, each for so long, within its limits, and counted.
//
// Errors:  as the engine's and the source's; Unavailable: no global is known or answered, or too many queries run.
// Threads: thread-safe. `fan_out`, `clock` and `telemetry` outlive it.
class QueryRunner {
 public:
  struct Options {
    absl::Duration default_timeout = absl::Seconds(30);
    absl::Duration max_timeout = absl::Seconds(100);  // below HttpServer's handler_timeout
    int max_concurrent = 8;                           // queries and listings; each may hold an answer of every global
    promql::QueryLimits limits = {};
    uint64_t max_answer_bytes = 64u << 20;  // as it goes to the client, before it is compressed
    GridSource::Former former = [] { return std::vector<FormerMember>(); };
  };
  QueryRunner(FanOut& fan_out, GridSource::Globals globals, const Clock& clock, Telemetry& telemetry)
      : QueryRunner(fan_out, std::move(globals), clock, telemetry, Options()) {}
  QueryRunner(FanOut& fan_out, GridSource::Globals globals, const Clock& clock, Telemetry& telemetry,
              const Options& options);

  const Options& options() const { return options_; }

  // A longer timeout than max_timeout is cut to it.
  absl::StatusOr<promql::Answer> Instant(absl::string_view query, absl::Time time,
                                         std::optional<absl::Duration> timeout);
  absl::StatusOr<promql::Answer> Range(absl::string_view query, absl::Time start, absl::Time end, absl::Duration step,
                                       std::optional<absl::Duration> timeout);
  // Remote read of Prometheus (proxy/query/remote_reader.h).
  absl::StatusOr<prometheus::ReadResponse> Read(const prometheus::ReadRequest& request, bool allow_partial);
  // Not counted as a query.
  absl::StatusOr<Listing> List(const v1::LabelsRequest& request);

  // OK when there is a global to ask.
  absl::Status Ready() const;
  absl::Time Now() const { return clock_.Now(); }

 private:
  using Evaluate = absl::FunctionRef<absl::Status(promql::QueryContext&)>;
  // One of max_concurrent while it lives.
  class Place;
  absl::Status Run(std::optional<absl::Duration> timeout, Evaluate evaluate);

  FanOut& fan_out_;
  const GridSource::Globals globals_;
  const Clock& clock_;
  const Options options_;
  QueryMetrics metrics_;
  GridSource source_;
  RemoteReader reader_;
  const promql::Engine engine_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
