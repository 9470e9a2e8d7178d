#pragma once

#include <memory>
#include <string>
#include <utility>
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
// Errors:   no answer, 5xx, 429 and whatever says that the request was wrong as such (3xx, 401, 403, 404, 405, 407,
// 408,
//           425) are to be written again. 400, 409, 413, 422 are about the samples: the request is halved until what is
//           refused stands alone, so that it is dropped and nothing else.
// Again:    the storage refuses or overwrites an equal sample at an equal time: repeating is harmless.
// Threads:  as Sink.
// Source:   https://prometheus.io/docs/specs/prw/remote_write_spec/
class RemoteWriteSink : public Sink {
 public:
  struct Options {
    std::string url;
    HttpHeaders headers;  // further ones: authorization, tenant
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    absl::Duration timeout = absl::Seconds(10);
    size_t max_samples_per_request = 5000;
    size_t max_identities = 1 << 20;
    PointOptions points;
  };
  RemoteWriteSink(Options options, IntervalScale scale);

  SinkResult Write(absl::Span<const Row> rows) override;
  void Cancel() override { client_.Cancel(); }

 private:
  struct Sample {
    size_t row;  // of the rows being written
    Point point;
  };
  enum class RowFate : uint8_t { kDelivered, kRefused, kOutOfOrder, kCollision, kNoTotal };
  struct Answer;

  bool Claim(const Row& row, const std::vector<Point>& points);
  absl::Status Send(absl::Span<const Sample> samples, absl::Span<RowFate> fates, absl::Duration& retry_after);
  Answer Post(absl::Span<const Sample> samples);

  const Options options_;
  const IntervalScale scale_;
  HttpClient client_;
  IdentityTable identities_;
};

}  // namespace tributary
