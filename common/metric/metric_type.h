#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace tributary {

enum class MetricType : uint8_t {
  kCounter = 1,
  kGauge = 2,
  kTimer = 3,
  kHistogram = 4,
  kDistribution = 5,
  kSet = 6,
  kCheck = 7,
};

// "counter", "gauge", "timer", "histogram", "distribution", "set", "check".
absl::string_view MetricTypeName(MetricType type);
std::optional<MetricType> ParseMetricType(absl::string_view name);

// Timers, histograms and distributions: what is sketched.
inline bool IsDistribution(MetricType type) {
  return type == MetricType::kTimer || type == MetricType::kHistogram || type == MetricType::kDistribution;
}

}  // namespace tributary
