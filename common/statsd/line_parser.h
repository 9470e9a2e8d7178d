#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/metric/sample.h"

namespace tributary {

class Delimiters;

// Why a line was refused as a whole.
enum class LineError : uint8_t {
  kNone,
  kNoValue,       // no ':' before the type, or nothing but empty values
  kNoName,        // nothing before the ':'
  kNameTooLong,   // more than kMaxNameBytes
  kUnknownType,   // the type is missing or none of c g ms m h d s
  kBadValue,      // not a finite decimal number, or a packed gauge that mixes levels and deltas
  kBadRate,       // not in (0, 1]
  kBadTimestamp,  // T0, or beyond 64 bits
  kBadEvent,      // lengths that do not fit the text
  kBadCheck,      // no name, or a status that is not 0..3
};
inline constexpr int kLineErrorCount = 10;
absl::string_view LineErrorName(LineError error);  // the `reason` label: "bad_value"

// Reads one line of DogStatsD v1.0 to v1.6 or plain StatsD:
//
//   api.latency:12:15.5|ms|@0.5|#region:eu,canary|c:ci-83fc|T1656581400
//   _e{5,4}:title|text|d:1656581400|h:web-1|k:key|p:low|s:source|t:error|#region:eu
//   _sc|db.up|0|d:1656581400|h:web-1|#region:eu|m:message
//
// Lenient: sections come in any order; one that is unknown or malformed, and all but the last of a repeated one, are
// skipped and counted. Strict about what would change a total: a value, rate or timestamp that cannot be read refuses
// the line, and of a refused line nothing is handed on.
// Container id (c:), external data (e:) and cardinality (card:) are known and not kept: they never enter a key.
//
// Cost:    no allocation once the value buffer has its size; views into the line.
// Threads: thread-compatible.
// Source:  docs.datadoghq.com, "DogStatsD datagram format"; statsd/statsd docs/metric_types.md.
class LineParser {
 public:
  struct Options {
    // A gauge value with a sign is a change of the last one, as in StatsD. False: it is a level, as DogStatsD has it.
    bool gauge_deltas = true;
  };
  LineParser() : LineParser(Options()) {}
  explicit LineParser(const Options& options) : options_(options) {}

  // Hands what `line` says to `receiver`, once, unless it is refused. `line` has no line end.
  LineError Parse(absl::string_view line, SampleReceiver& receiver);

  // Sections skipped so far, in all lines.
  uint64_t skipped_sections() const { return skipped_sections_; }

 private:
  LineError ParseMetric(absl::string_view line, SampleReceiver& receiver);
  LineError ParseValues(absl::string_view text, Sample& sample);
  // From the '|' at `begin` on.
  LineError ParseSections(absl::string_view line, size_t begin, const Delimiters& delimiters, Sample& sample);
  LineError ParseEvent(absl::string_view line, SampleReceiver& receiver);
  LineError ParseCheck(absl::string_view line, SampleReceiver& receiver);

  const Options options_;
  std::vector<double> values_;
  uint64_t skipped_sections_ = 0;
};

}  // namespace tributary
