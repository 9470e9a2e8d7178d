#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/metric/sample.h"
#include "local/source/host/host_tick.h"
#include "local/source/host/rise.h"

namespace tributary {

// What the samplers say, as samples. Values that are none (NaN, infinity) are left out. Thread-compatible.
class SeriesWriter {
 public:
  explicit SeriesWriter(SampleReceiver& receiver) : receiver_(receiver) {}

  void Gauge(absl::string_view name, absl::string_view tags, double value);
  // Nothing is told of no rise, but of 0.
  void Counter(absl::string_view name, absl::string_view tags, std::optional<double> rise);
  void Counter(absl::string_view name, absl::string_view tags, Rise& rise, uint64_t total, double unit = 1);
  // What lies in 0..1, and is worth a distribution over time: the share of `whole` that is `part`. Beyond 1, which
  // clocks that are read one after the other can make of it, it is 1. Nothing when there is no whole.
  void Share(absl::string_view name, absl::string_view tags, std::optional<double> part, double whole);
  // `count` times `value`.
  void Distribution(absl::string_view name, absl::string_view tags, double value, double count = 1);

 private:
  void Add(MetricType type, absl::string_view name, absl::string_view tags, double value, double weight);
  SampleReceiver& receiver_;
};

// The rise of a total, times `unit`.
std::optional<double> RiseOf(Rise& rise, uint64_t total, double unit = 1);

// "key:value" with what would end a tag as '_'.
std::string TagOf(absl::string_view key, absl::string_view value);

}  // namespace tributary
