#include "global/store/label_condition.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/sink/prometheus_name.h"
#include "re2/re2.h"

namespace tributary {
namespace {

re2::StringPiece Piece(absl::string_view text) { return re2::StringPiece(text.data(), text.size()); }

absl::StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(absl::string_view pattern) {
  if (pattern.size() > LabelCondition::kMaxRegexBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a regular expression of more than ", LabelCondition::kMaxRegexBytes, " bytes"));
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(LabelCondition::kMaxRegexMemoryBytes);
  options.set_dot_nl(true);  // as Prometheus does
  auto regex = std::make_shared<const re2::RE2>(Piece(pattern), options);
  if (!regex->ok()) return absl::InvalidArgumentError(absl::StrCat("bad regular expression: ", regex->error()));
  return regex;
}

}  // namespace

LabelCondition::LabelCondition(std::string label, Op op, std::string value)
    : label_(std::move(label)), op_(op), value_(std::move(value)) {}

absl::StatusOr<LabelCondition> LabelCondition::Make(absl::string_view label, Op op, absl::string_view value) {
  LabelCondition condition(PrometheusLabelName(label), op, std::string(value));
  if (op == Op::kMatches || op == Op::kNotMatches) {
    auto regex = CompileRegex(value);
    if (!regex.ok()) return regex.status();
    condition.regex_ = *std::move(regex);
  }
  return condition;
}

bool LabelCondition::Holds(absl::string_view value) const {
  const bool same = regex_ == nullptr ? value == value_ : re2::RE2::FullMatch(Piece(value), *regex_);
  return same != (op_ == Op::kNotEqual || op_ == Op::kNotMatches);
}

}  // namespace tributary
