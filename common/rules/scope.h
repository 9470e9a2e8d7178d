#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/metric/metric_type.h"

namespace tributary {

// Where a series is merged.
enum class Scope : uint8_t {
  kGlobal = 1,  // over the fleet: no host tag but the client's own
  kHost = 2,    // forwarded and stored like kGlobal, with the host in the key
  kLocal = 3,   // at the agent; goes to the agent's own sinks only, with the host in the key
};

// "global", "host", "local".
absl::string_view ScopeName(Scope scope);
std::optional<Scope> ParseScope(absl::string_view name);

// Gauges and checks: host. All others: global.
inline Scope DefaultScope(MetricType type) {
  return type == MetricType::kGauge || type == MetricType::kCheck ? Scope::kHost : Scope::kGlobal;
}

}  // namespace tributary
