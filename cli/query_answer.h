#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// What a proxy answered, in Prometheus's envelope: the vector, and what it says about itself.
struct QueryAnswer {
  struct Point {
    std::map<std::string, std::string> labels;
    double unix_seconds = 0;
    std::string value;  // as the server wrote it: all its digits
  };
  std::vector<Point> points;  // in the server's order
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// Reads the body of /api/v1/query. The server's own refusals become InvalidArgument (bad_data), FailedPrecondition
// (execution) or Unavailable, with its message; a body that is no such envelope is Internal.
absl::StatusOr<QueryAnswer> ParseQueryAnswer(absl::string_view body);

}  // namespace tributary
