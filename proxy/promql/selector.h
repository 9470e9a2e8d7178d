#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/sink/labels.h"

namespace tributary::promql {

struct LabelMatcher {
  enum class Op { kEqual, kNotEqual, kMatches, kNotMatches };
  std::string label;
  Op op = Op::kEqual;
  std::string value;    // a regular expression (RE2, anchored at both ends, . is any byte) for the last two
  bool quoted = false;  // {"api.latency"} or {"a.b"="c"}: the label, or of __name__ the value, is meant byte by byte
  friend bool operator==(const LabelMatcher&, const LabelMatcher&) = default;
};

// by (labels) or without (labels). Nothing written is `by ()`: everything in one group. Sorted, none twice.
struct Grouping {
  bool without = false;
  std::vector<std::string> labels;
  friend bool operator==(const Grouping&, const Grouping&) = default;
};

// The labels of the group that a series is in; the metric's name goes unless it is asked for by name.
Labels GroupLabels(const Labels& labels, const Grouping& grouping);

}  // namespace tributary::promql
