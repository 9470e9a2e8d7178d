#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tributary {

// What a query asks, as the parser understood it: values, in the words of PromQL.

struct LabelMatcher {
  enum class Op { kEqual, kNotEqual, kMatches, kNotMatches };
  std::string label;
  Op op = Op::kEqual;
  std::string value;  // a regular expression (RE2, anchored at both ends) for the last two
  friend bool operator==(const LabelMatcher&, const LabelMatcher&) = default;
};

// name{matchers}[window]: the rows of the matching series whose interval ends in (t - window, t].
struct RangeSelector {
  std::string name;
  bool exact_name = false;  // written {"name"}: only the metric of exactly that name, no `_` for other bytes
  std::vector<LabelMatcher> matchers;
  absl::Duration window;  // > 0, whole milliseconds
  friend bool operator==(const RangeSelector&, const RangeSelector&) = default;
};

// by (labels) or without (labels). Nothing written is `by ()`: everything in one group.
struct Grouping {
  bool without = false;
  std::vector<std::string> labels;
  friend bool operator==(const Grouping&, const Grouping&) = default;
};

// quantile(φ, selector) grouping, or quantile([φ, ...], selector) grouping, which adds the label `quantile`.
struct QuantileExpression {
  std::vector<double> quantiles;  // in [0, 1], in the order written
  bool is_list = false;
  RangeSelector selector;
  Grouping grouping;
  friend bool operator==(const QuantileExpression&, const QuantileExpression&) = default;
};

// The canonical text; ParseExpression reads it back to an equal value.
std::string ToString(const QuantileExpression& expression);
std::string ToString(const RangeSelector& selector);

// As Prometheus writes numbers: the shortest decimal digits that read back, without exponent; "NaN", "+Inf", "-Inf".
std::string FormatNumber(double value);

}  // namespace tributary
