#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "common/base/interval.h"
#include "common/sink/points.h"
#include "common/sink/sink.h"

namespace tributary {

// Prints rows and events, one line each: for people trying things out, or as JSON for the next program in a pipe.
//
//   text    2026-01-02T03:04:10Z timer api.latency [env:prod] count=10 sum=55 min=1 max=10 p99=10
//           2026-01-02T03:04:07Z event deployed [env:prod] text="v2 is out" alert_type=info priority=normal
//   json    a row as JsonRow has it, an event as JsonEvent
//   points  2026-01-02T03:04:10Z api.latency.p99 [env:prod] 10       one line per derived name; no events
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
  bool takes_events() const override { return options_.format != Format::kPoints; }
  absl::Status WriteEvents(absl::Span<const Event> events) override;

 private:
  absl::Status Print(absl::string_view text);
  void Append(const Row& row, std::string& text) const;
  void AppendPoints(const Row& row, std::string& text) const;

  std::ostream& out_;
  const Options options_;
  const IntervalScale scale_;
};

}  // namespace tributary
