#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace tributary {

// The label that a metric's name is: as Prometheus spells it, though conditions take the client's own spelling too.
inline constexpr absl::string_view kNameLabel = "__name__";

// One condition on one label of a series, as Prometheus has them: regular expressions (RE2) are anchored at both ends,
// and an absent label has the empty value. A value that never changes; copies share the compiled expression.
class LabelCondition {
 public:
  enum class Op : uint8_t { kEqual, kNotEqual, kMatches, kNotMatches };
  static constexpr size_t kMaxRegexBytes = 1024;
  static constexpr int64_t kMaxRegexMemoryBytes = 1 << 20;

  // `label` may be spelled as a tag's key is. InvalidArgument for an expression that is bad or too large.
  static absl::StatusOr<LabelCondition> Make(absl::string_view label, Op op, absl::string_view value);

  // In Prometheus's alphabet.
  const std::string& label() const { return label_; }
  const std::string& value() const { return value_; }
  Op op() const { return op_; }
  bool Holds(absl::string_view value) const;

 private:
  LabelCondition(std::string label, Op op, std::string value);

  std::string label_;
  Op op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  // of the two that match
};

}  // namespace tributary
