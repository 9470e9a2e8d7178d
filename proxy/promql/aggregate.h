#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/query_context.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// One aggregation over a whole grid, group by group; points of the series lie on the grid.
//
// Distributions are added (in one merge per group and time), counted and, if native, averaged; other aggregations leave
// them out and say so. A group that mixes them with floats has no sum, with a warning.
// Errors: FailedPrecondition, an average, minimum or maximum of sketches.
struct AggregateCall {
  const Aggregation& aggregation;
  const Grid& grid;
  absl::Span<const double> parameters;  // one per time of the grid, where the aggregation has a scalar one
  absl::string_view label;              // of count_values
  absl::string_view position;
  Notes& notes;
  QueryContext& context;
};

absl::StatusOr<std::vector<Series>> Aggregate(const AggregateCall& call, std::vector<Series> series);

}  // namespace tributary::promql
