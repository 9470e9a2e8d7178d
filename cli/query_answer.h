#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// What a proxy answered, in Prometheus's envelope, and what it says about itself. A scalar, or a string, is a vector of
// one series without labels.
struct QueryAnswer {
  // What came in: a histogram of Prometheus's.
  struct Distribution {
    std::string count;
    std::string sum;
  };
  struct Point {
    double unix_seconds = 0;
    std::string value = {};  // as the server wrote it: all its digits; empty for a distribution
    std::optional<Distribution> distribution = {};

    // NaN where it is none.
    double Number() const;
  };
  struct Series {
    std::map<std::string, std::string> labels;
    std::vector<Point> points;  // by time
  };
  bool is_range = false;       // several points a series
  std::vector<Series> series;  // in the server's order
  std::vector<std::string> warnings;
  std::vector<std::string> infos;

  size_t PointCount() const;
};

// A series as people name it: "api.latency region=eu p99"; "" without labels. The label `quantile` is shown as
// percentiles are, and stands last.
std::string SeriesText(const std::map<std::string, std::string>& labels);
// "0.999" is "p99.9"; what is no number stays as it is.
std::string PercentileText(absl::string_view quantile);
inline constexpr absl::string_view kQuantileLabel = "quantile";

// Reads the body of /api/v1/query or /api/v1/query_range. The server's own refusals become InvalidArgument (bad_data),
// FailedPrecondition (execution) or Unavailable, with its message; a body that is no such envelope is Internal.
absl::StatusOr<QueryAnswer> ParseQueryAnswer(absl::string_view body);

// What there is to ask for, of /api/v1/series (rows) or /api/v1/labels and /api/v1/label/NAME/values (texts).
struct ListingAnswer {
  std::vector<std::string> texts;
  std::vector<std::map<std::string, std::string>> series;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};
absl::StatusOr<ListingAnswer> ParseListingAnswer(absl::string_view body);

}  // namespace tributary
