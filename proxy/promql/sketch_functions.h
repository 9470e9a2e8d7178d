#pragma once

#include "absl/types/span.h"
#include "proxy/promql/functions.h"

namespace tributary::promql {

// What the parser's own forms stand on:
//   histogram_quantiles(v, "label", phi, ...)  every quantile of each distribution, one series each, told apart by
//   label distinct(v)                                how many different members each set has
absl::Span<const Function> SketchFunctions();

}  // namespace tributary::promql
