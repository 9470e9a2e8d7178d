#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// Binary operators over a whole grid at once; points of a result lie on the grid.
// Errors: FailedPrecondition, in Prometheus's words, for series that find no or several partners.
struct BinaryCall {
  const Binary& binary;
  const Grid& grid;
  absl::string_view position;
  Notes& notes;
};

std::vector<double> ScalarBinary(const BinaryCall& call, absl::Span<const double> left, absl::Span<const double> right);

// A vector and a scalar; `scalar_left`: scalar op vector.
absl::StatusOr<std::vector<Series>> VectorScalarBinary(const BinaryCall& call, std::vector<Series> vector,
                                                       absl::Span<const double> scalars, bool scalar_left);

absl::StatusOr<std::vector<Series>> VectorBinary(const BinaryCall& call, const std::vector<Series>& left,
                                                 const std::vector<Series>& right);

// and, or, unless.
absl::StatusOr<std::vector<Series>> SetBinary(const BinaryCall& call, std::vector<Series> left,
                                              std::vector<Series> right);

}  // namespace tributary::promql
