#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/http_target.h"
#include "nlohmann/json.hpp"

namespace tributary {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Asks a proxy one question of /api/v1/capacity/; the `data` of its answer. Errors are for the user: InvalidArgument
// and NotFound are the question's, FailedPrecondition says what is not known, others that there is no answer.
absl::StatusOr<nlohmann::json> AskCapacity(const HttpTarget& proxy, const std::string& what,
                                           const Parameters& parameters, bool post);

// Unix seconds, RFC 3339, or a local time such as 2026-01-15T09:00; as the proxy reads it.
absl::StatusOr<std::string> TimeWord(const std::string& text);

// `auto`, `none`, words such as db:1.8,cache:0.4, or a file with such a pair a line; as the proxy reads it.
absl::StatusOr<std::string> DependsWord(const std::string& text);

}  // namespace tributary
