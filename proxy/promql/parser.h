#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/ast.h"

namespace tributary::promql {

inline constexpr size_t kMaxQueryBytes = 64 << 10;
inline constexpr int kMaxQueryDepth = 200;  // of parentheses, and of the tree: a + b + ... has one level per operator

// Reads PromQL as of Prometheus 3, and two forms of our own, which stand for calls of the functions on the right:
//   quantile(0.99, m[5m]) by (l)         histogram_quantile(0.99, sum by (l) (increase(m[5m])))
//   quantile([0.5, 0.99], m[5m]) by (l)  histogram_quantiles(sum by (l) (increase(m[5m])), "quantile", 0.5, 0.99)
//   distinct(m[5m]) by (l)               distinct(sum by (l) (increase(m[5m])))
//
// Errors: InvalidArgument, "1:12: parse error: ...", line and column in bytes from 1.
absl::StatusOr<ExpressionPtr> Parse(absl::string_view text);

// One selector without range or shift, as in match[]=up{job="x"}.
absl::StatusOr<std::vector<LabelMatcher>> ParseSelector(absl::string_view text);

// "1:12" of a byte offset.
std::string LineAndColumn(absl::string_view text, size_t offset);

}  // namespace tributary::promql
