#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/query_words.h"
#include "cli/time_range.h"

namespace tributary {

// What `tributary query` was told, as typed; empty where nothing was.
struct QuestionWords {
  std::vector<std::string> question = {};  // percentiles and a metric, or one expression
  std::vector<std::string> by = {};
  std::vector<std::string> without = {};
  std::vector<std::string> where = {};
  std::string window = {};
  RangeWords range = {};
  std::string at = {};
};

// What is asked of a proxy. A value.
struct Question {
  std::string expression;
  std::optional<TimeRange> range;  // nothing: at one moment
  std::string at;                  // that moment; empty: when the proxy hears it

  // The page of Prometheus's HTTP API that answers, and the form it is asked with.
  std::string Path() const;
  std::string Form(absl::Duration timeout) const;
};

// Percentiles and a metric, at one moment:          of the last `--last` (5m)
//                              over a range:        each of one step, or of `--window`; `--last` (1h) is the range
// An expression:                                    `--last`, or --start, makes it a range
// Errors are InvalidArgument, for the user. Asked again with a later `now`, the range has moved on.
absl::StatusOr<Question> QuestionOf(const QuestionWords& words, absl::Time now);

}  // namespace tributary
