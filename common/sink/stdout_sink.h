#pragma once

#include <ostream>

#include "common/base/interval.h"
#include "common/sink/points.h"
#include "common/sink/sink.h"

namespace tributary {

// Prints rows, one line each: for people trying things out, or as JSON for the next program in a pipe.
//
//   2026-01-02T03:04:10Z timer api.latency [env:prod] count=10 sum=55 min=1 max=10 p99=10
//
// Delivered: flushed. A stream that fails is to be written again. Threads: as Sink.
class StdoutSink : public Sink {
 public:
  struct Options {
    bool json = false;
    StatisticOptions statistics;
    bool strict = false;
  };
  StdoutSink(std::ostream& out, Options options, IntervalScale scale);

  SinkResult Write(absl::Span<const Row> rows) override;

 private:
  std::ostream& out_;
  const Options options_;
  const IntervalScale scale_;
};

}  // namespace tributary
