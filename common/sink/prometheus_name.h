#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Prometheus's alphabet: names are [a-zA-Z_:][a-zA-Z0-9_:]*, label names the same without ':', label values UTF-8.
// The mappings are not injective; IdentityTable finds the collisions.

// Every other byte becomes '_'; a leading digit, and an empty name, get '_' in front. "1.api-p" -> "_1_api_p".
std::string PrometheusMetricName(absl::string_view name);
std::string PrometheusLabelName(absl::string_view name);
// Every byte that is not part of well-formed UTF-8 becomes U+FFFD.
std::string ValidUtf8(absl::string_view text);

}  // namespace tributary
