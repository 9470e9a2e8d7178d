#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/selector.h"
#include "re2/re2.h"

namespace tributary::promql {

// A LabelMatcher ready to be asked. A series without the label has the value "". Thread-safe.
class LabelPattern {
 public:
  // InvalidArgument: no regular expression, or one that needs too much memory.
  static absl::StatusOr<LabelPattern> Compile(const LabelMatcher& matcher);

  const std::string& label() const { return label_; }
  bool Matches(absl::string_view value) const;

 private:
  LabelPattern() = default;

  std::string label_;
  std::string value_;
  std::shared_ptr<const RE2> regex_;  // null: equality
  bool negated_ = false;
};

}  // namespace tributary::promql
