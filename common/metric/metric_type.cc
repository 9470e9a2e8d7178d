#include "common/metric/metric_type.h"

#include <array>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr std::array<std::pair<MetricType, absl::string_view>, 7> kNames = {{
    {MetricType::kCounter, "counter"},
    {MetricType::kGauge, "gauge"},
    {MetricType::kTimer, "timer"},
    {MetricType::kHistogram, "histogram"},
    {MetricType::kDistribution, "distribution"},
    {MetricType::kSet, "set"},
    {MetricType::kCheck, "check"},
}};

}  // namespace

absl::string_view MetricTypeName(MetricType type) {
  for (const auto& [named, name] : kNames) {
    if (named == type) return name;
  }
  TRIBUTARY_CHECK(false);
}

std::optional<MetricType> ParseMetricType(absl::string_view name) {
  for (const auto& [type, type_name] : kNames) {
    if (type_name == name) return type;
  }
  return std::nullopt;
}

}  // namespace tributary
