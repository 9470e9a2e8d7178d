#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// The words of `tributary query p50,p99 api.latency --last 5m --by region --where region=eu`, as given.
struct QueryWords {
  std::string percentiles;           // "p50,p99.9"
  std::string metric;                // a name, or a selector with its own braces
  std::string window = "5m";         // how much each percentile is of
  std::vector<std::string> by;       // labels, each "a" or "a,b"
  std::vector<std::string> without;  // likewise; not together with `by`
  std::vector<std::string> where;    // label=value, label!=value, label=~regex, label!~regex
};

// The expression that asks it: "quantile([0.5, 0.99], api.latency{region=\"eu\"}[5m]) by (region)". Several
// percentiles, or one, are always a list, so that every answer names its percentile. Errors are InvalidArgument, for
// the user.
absl::StatusOr<std::string> BuildExpression(const QueryWords& words);

// What selects series: "api.latency{region=\"eu\"}", of a metric and --where. An empty metric is any.
absl::StatusOr<std::string> BuildSelector(const std::string& metric, const std::vector<std::string>& where);

// "p99.9" -> "0.999", exactly; "p0" to "p100".
absl::StatusOr<std::string> QuantileOfPercentile(absl::string_view percentile);
// "p50,p99.9", as BuildExpression takes it.
bool ArePercentiles(absl::string_view text);

}  // namespace tributary
