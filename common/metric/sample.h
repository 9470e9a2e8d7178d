#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/metric/metric_type.h"

namespace tributary {

// What a source read from a client, as views into the bytes it received: valid during the call that hands it over.

// One line: one series, one or more values of equal weight and time.
struct Sample {
  MetricType type = MetricType::kCounter;  // never kCheck
  absl::string_view name;                  // 1..kMaxNameBytes bytes
  absl::string_view tags;                  // as sent, any order: "region:eu,canary"
  absl::Span<const double> values;         // finite, at least one; none for sets
  absl::string_view member;                // sets only
  double weight = 1;                       // 1 / rate, exactly
  bool delta = false;                      // gauges: the values are added to the last one
  int64_t unix_seconds = 0;                // 0: the client sent none

  size_t count() const { return type == MetricType::kSet ? 1 : values.size(); }
};

// A service check. `message` still has the escapes "\n" and "m\:".
struct CheckSample {
  absl::string_view name;
  absl::string_view tags;
  uint8_t status = 3;  // 0 ok, 1 warning, 2 critical, 3 unknown
  absl::string_view message;
  absl::string_view host;
  int64_t unix_seconds = 0;
};

// `title` and `text` still have the escape "\n". Empty fields were not sent.
struct EventSample {
  absl::string_view title;
  absl::string_view text;
  absl::string_view tags;
  absl::string_view host;
  absl::string_view aggregation_key;
  absl::string_view priority;    // "normal" or "low"
  absl::string_view alert_type;  // "error", "warning", "info" or "success"
  absl::string_view source_type;
  int64_t unix_seconds = 0;
};

// Where every source hands what it read. Called on the source's own thread.
class SampleReceiver {
 public:
  virtual ~SampleReceiver() = default;
  virtual void Add(const Sample& sample) = 0;
  virtual void Add(const CheckSample& check) = 0;
  virtual void Add(const EventSample& event) = 0;
};

}  // namespace tributary
