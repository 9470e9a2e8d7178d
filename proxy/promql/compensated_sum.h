#pragma once

#include <cmath>

namespace tributary::promql {

// A sum whose rounding error does not grow with the number of addends. Thread-compatible value.
// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 1974.
class CompensatedSum {
 public:
  CompensatedSum() = default;
  explicit CompensatedSum(double value) : sum_(value) {}

  void Add(double value) {
    const double total = sum_ + value;
    if (std::isinf(total)) {
      lost_ = 0;
    } else if (std::abs(sum_) >= std::abs(value)) {
      lost_ += (sum_ - total) + value;
    } else {
      lost_ += (value - total) + sum_;
    }
    sum_ = total;
  }
  void Scale(double factor) {
    sum_ *= factor;
    lost_ *= factor;
  }
  double Total() const { return sum_ + lost_; }
  bool IsInfinite() const { return std::isinf(sum_); }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace tributary::promql
