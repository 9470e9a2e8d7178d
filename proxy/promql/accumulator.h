#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "proxy/promql/ast.h"
#include "proxy/promql/compensated_sum.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// What the floats and distributions of one group at one time come to. Thread-compatible.
// Source: Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 1962.
class Accumulator {
 public:
  void Add(AggregateOp op, const Point& point);
  void Clear();

  int64_t floats() const { return floats_; }
  const std::vector<const Distribution*>& distributions() const { return distributions_; }
  int64_t count() const { return floats_ + static_cast<int64_t>(distributions_.size()); }
  // Of the floats. REQUIRES: floats() > 0, and an aggregation that makes one float of them.
  double Result(AggregateOp op, double parameter);

 private:
  void AddFloat(AggregateOp op, double value);

  int64_t floats_ = 0;
  CompensatedSum sum_;
  double mean_ = 0;   // of avg, stddev, stdvar
  double m2_ = 0;     // of stddev, stdvar
  double least_ = 0;  // of min, max
  double most_ = 0;
  std::vector<double> values_;  // of quantile
  std::vector<const Distribution*> distributions_;
};

}  // namespace tributary::promql
