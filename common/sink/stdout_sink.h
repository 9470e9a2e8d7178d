#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "common/base/interval.h"
#include "common/sink/points.h"
#include "common/sink/sink.h"

namespace tributary {

// Prints rows, one line each: for people trying things out, or as JSON for the next program in a pipe.
//
//   text    2026-01-02T03:04:10Z timer api.latency [env:prod] count=10 sum=55 min=1 max=10 p99=10
//   json    a row as JsonRow has it
//   points  2026-01-02T03:04:10Z api.latency.p99 [env:prod] 10       one line per derived name
//
// Delivered: flushed. A stream that fails is to be written again. Threads: as Sink.
class StdoutSink : public Sink {
 public:
  enum class Format : uint8_t { kText, kJson, kPoints };
  struct Options {
    Format format = Format::kText;
    PointOptions points;  // its naming and form of counters are for kPoints
  };
  StdoutSink(std::ostream& out, Options options, IntervalScale scale);

  SinkResult Write(absl::Span<const Row> rows) override;

 private:
  void Append(const Row& row, std::string& text) const;
  void AppendPoints(const Row& row, std::string& text) const;

  std::ostream& out_;
  const Options options_;
  const IntervalScale scale_;
};

}  // namespace tributary
