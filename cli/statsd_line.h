#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Lines of DogStatsD, written from what a person typed. What is returned, an agent reads: a word that would break the
// line, or a value that the agent would refuse, is InvalidArgument with a message for that person.

// What metrics, events and checks have in common.
struct LineSections {
  std::vector<std::string> tags = {};  // "region:eu", "canary"; several in one are separated by commas
  double rate = 1;                     // metrics only
  std::optional<int64_t> unix_seconds = {};
};

// `type` is a word: counter, gauge, timer, histogram, distribution or set. Timers take durations ("250ms", "1.5s")
// besides numbers of milliseconds; a gauge with a sign is a change of the last value.
absl::StatusOr<std::string> MetricLine(absl::string_view type, absl::string_view name,
                                       const std::vector<std::string>& values, const LineSections& sections);

struct EventWords {
  std::string title = {};
  std::string text = {};
  std::string alert_type = {};  // error, warning, info or success; those that are empty are left out
  std::string priority = {};    // normal or low
  std::string host = {};
  std::string aggregation_key = {};
  std::string source_type = {};
};
absl::StatusOr<std::string> EventLine(const EventWords& event, const LineSections& sections);

struct CheckWords {
  std::string name = {};
  std::string status = {};  // ok, warning, critical, unknown or 0..3
  std::string host = {};
  std::string message = {};
};
absl::StatusOr<std::string> CheckLine(const CheckWords& check, const LineSections& sections);

}  // namespace tributary
