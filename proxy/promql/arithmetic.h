#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// IEEE arithmetic; a comparison is 1 or 0. REQUIRES: no set operator.
double Apply(BinaryOp op, double left, double right);

// How one operator treats two points, wherever they come from.
struct PointOperator {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  bool keep_right = false;  // a comparison that holds gives the right side: scalar > vector
  absl::string_view position;
  Notes* notes = nullptr;

  // None: a comparison that does not hold, or operands that the operator does not have, which is noted.
  std::optional<Point> operator()(const Point& left, const Point& right) const;

 private:
  std::optional<Point> Distributions(const Point& left, const Point& right) const;
  std::optional<Point> Incompatible(const Point& left, const Point& right) const;
  // Native histograms that do not go together give nothing, and a warning; what sketches do not do ends the query.
  std::optional<Point> Resolved(const Distribution& of, absl::StatusOr<DistributionPtr> result) const;
};

}  // namespace tributary::promql
