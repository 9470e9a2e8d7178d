#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/query/expression.h"

namespace tributary {

// Bounds of one expression. What is over them is refused by name.
inline constexpr size_t kMaxExpressionBytes = 16 << 10;
inline constexpr size_t kMaxMatchers = 32;
inline constexpr size_t kMaxGroupLabels = 32;
inline constexpr size_t kMaxQuantiles = 64;
inline constexpr size_t kMaxRegexBytes = 1024;
inline constexpr int64_t kMaxRegexMemory = 1 << 20;  // of the compiled form; the globals use the same

// Reads
//
//   quantile(0.99, api.latency{region="eu", host!~"canary.*"}[5m]) by (service)
//            ^φ or [φ, φ]      ^matchers: = != =~ !~          ^window ^or without, or before the parentheses
//
// Errors are InvalidArgument and begin with where: "1:18: parse error: ...", line and byte column from 1.
absl::StatusOr<QuantileExpression> ParseExpression(absl::string_view text);

}  // namespace tributary
