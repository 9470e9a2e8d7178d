#include "proxy/promql/accumulator.h"

#include <cmath>

#include "proxy/promql/quantile.h"

namespace tributary::promql {

void Accumulator::Add(AggregateOp op, const Point& point) {
  if (point.distribution) {
    distributions_.push_back(point.distribution.get());
  } else {
    AddFloat(op, point.value);
  }
}

void Accumulator::Clear() {
  floats_ = 0;
  sum_ = CompensatedSum();
  mean_ = m2_ = least_ = most_ = 0;
  values_.clear();
  distributions_.clear();
}

void Accumulator::AddFloat(AggregateOp op, double value) {
  ++floats_;
  if (op == AggregateOp::kQuantile) {
    values_.push_back(value);
    return;
  }
  sum_.Add(value);
  const double delta = value - mean_;
  mean_ += delta / static_cast<double>(floats_);
  m2_ += delta * (value - mean_);
  if (floats_ == 1 || value < least_ || std::isnan(least_)) least_ = value;
  if (floats_ == 1 || value > most_ || std::isnan(most_)) most_ = value;
}

double Accumulator::Result(AggregateOp op, double parameter) {
  const double count = static_cast<double>(floats_);
  switch (op) {
    case AggregateOp::kSum:
      return sum_.Total();
    case AggregateOp::kAvg:  // the mean, where only the sum is too large
      return sum_.IsInfinite() && std::isfinite(mean_) ? mean_ : sum_.Total() / count;
    case AggregateOp::kMin:
      return least_;
    case AggregateOp::kMax:
      return most_;
    case AggregateOp::kStddev:
      return std::sqrt(m2_ / count);
    case AggregateOp::kStdvar:
      return m2_ / count;
    case AggregateOp::kQuantile:
      return Quantile(parameter, values_);
    case AggregateOp::kCount:
      return count;
    default:
      return 1;
  }
}

}  // namespace tributary::promql
