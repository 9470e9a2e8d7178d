#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/interval.h"
#include "common/net/http_client.h"
#include "common/sink/identity_table.h"
#include "common/sink/points.h"
#include "common/sink/sink.h"

namespace tributary {

// Writes points to Prometheus, VictoriaMetrics, Mimir, Thanos: remote write 1.0, snappy.
//
// Requests: whole rows up to max_samples_per_request; the samples of one series in time order.
// Errors:   no answer, 429, 5xx, and whatever finds fault with the request as such (3xx, 401, 403, 404, 405, 407, 408,
//           425): to be written again. 400, 409, 413 and 422 are about samples: the request is halved until what is
//           refused stands alone and nothing else is dropped with it; at most twice as many requests as samples.
// Again:    a sample of equal time and value changes nothing in Prometheus and Mimir; one older than the last they
//           refuse, counted as out of order. VictoriaMetrics keeps both, unless it has -dedup.minScrapeInterval=1ms.
// Threads:  as Sink.
// Source:   https://prometheus.io/docs/specs/prw/remote_write_spec/
class RemoteWriteSink : public Sink {
 public:
  struct Options {
    HttpFetch request;  // all but method and body; further headers: authorization, tenant
    size_t max_samples_per_request = 5000;
    size_t max_identities = 1 << 20;
    PointOptions points;
  };
  RemoteWriteSink(Options options, IntervalScale scale);

  SinkResult Write(absl::Span<const Row> rows) override;
  void Cancel() override { client_.Cancel(); }

 private:
  struct Sample {
    size_t row;  // in the request
    Point point;
  };
  // Nothing: delivered, as far as known.
  using Fate = std::optional<SinkDropReason>;
  struct Request {
    std::vector<Fate> fates;  // one per row
    std::vector<Sample> samples;
    std::string refusal;  // see SinkResult
  };
  struct Answer {
    absl::Status status = absl::OkStatus();  // otherwise: again later
    absl::Duration retry_after = absl::ZeroDuration();
    Fate refused = std::nullopt;  // why, when it is about the samples
    std::string told = {};        // by the storage, when it refuses
  };

  // Takes rows from the front of `rows` as long as they fit, one at least.
  Request Fill(absl::Span<const Row> rows);
  Fate Check(const Row& row, const std::vector<Point>& points);
  // Posts `samples` of the request, in halves when they are refused, and notes the fates of their rows. Returns what
  // stopped it.
  Answer Send(absl::Span<const Sample> samples, Request& request);
  Answer Post(absl::Span<const Sample> samples);
  std::string Encode(absl::Span<const Sample> samples) const;

  const Options options_;
  const IntervalScale scale_;
  HttpClient client_;
  IdentityTable identities_;
};

}  // namespace tributary
