#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// What a test file of Prometheus's engine says:
//
//   load 1m                                      series, a value every minute from time 0 (series_text.h)
//     m{a="b"} 0+10x60
//   clear                                        no series any more
//   eval instant at 50m sum(m)                   what it answers: a line per series, or one number
//     {} 500
//   eval range from 0 to 10m step 5m sum(m)      values at each step
//     {} 0 50 100
//   eval_ordered instant ...                     in this order
//   eval_fail, eval_warn, eval_info ...          refused, with a warning, with an info; also written below an eval as
//     expect fail msg:text                       fail, warn, info, ordered, no_warn, no_info, string "..."; of the
//     first expect warn regex:text                     three with the text, or a pattern that is found in it
//     expected_fail_message text                 and expected_fail_regexp, of eval_fail
//
// Source: Prometheus documentation of promql/promqltest.

struct ClearCommand {};

struct LoadCommand {
  std::vector<Series> series;
};

struct Note {
  enum class Kind { kFail, kWarn, kInfo };
  Kind kind = Kind::kFail;
  bool absent = false;              // there is none
  bool regex = false;               // else the text itself
  std::optional<std::string> text;  // none: any
};

struct ExpectedSeries {
  Labels labels;
  std::vector<std::optional<Point>> values;  // by time of the grid, none where there is no point
};

struct EvalCommand {
  int line = 0;
  std::string query;
  Grid grid;
  bool range = false;
  bool ordered = false;
  std::vector<Note> notes;
  std::vector<ExpectedSeries> series;
  std::optional<double> scalar;
  std::optional<std::string> text;

  bool fails() const;
};

using Command = std::variant<ClearCommand, LoadCommand, EvalCommand>;

// Errors: InvalidArgument with the line.
absl::StatusOr<std::vector<Command>> ParseTestFile(absl::string_view text);

}  // namespace tributary::promql
