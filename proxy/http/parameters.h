#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/http_message.h"

namespace tributary {

// Parameters as Prometheus's API takes them. Nothing when there is none, or an empty one; an error, InvalidArgument,
// names it.

// Unix seconds, with a fraction or without ("1736931600.5"), or RFC 3339 ("2026-01-15T09:00:00Z"); cut to milliseconds;
// of the years 1970 to 9999.
absl::StatusOr<std::optional<absl::Time>> TimeParameter(const HttpRequest& request, absl::string_view name);

// Seconds ("2.5") or a duration ("1m30s"); more than zero.
absl::StatusOr<std::optional<absl::Duration>> DurationParameter(const HttpRequest& request, absl::string_view name);

}  // namespace tributary
