#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace tributary {

// A proxy's /api/v1/status/cluster, judged. Strings are for people.
struct ClusterStatus {
  nlohmann::json data;
  std::vector<std::string> problems;  // somebody must look: what makes `tributary status` fail
  std::vector<std::string> notes;     // losses that were counted, and what is about to become a problem
};

// Problems: a global that is not heard or lags by more than three intervals, an agent that is silent or lost, books
// that do not balance, a sink that is a minute behind. The error says why the body is not that.
absl::StatusOr<ClusterStatus> JudgeCluster(absl::string_view body);

}  // namespace tributary
