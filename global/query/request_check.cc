#include "global/query/request_check.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

std::optional<LabelCondition::Op> OpOf(v1::Matcher::Op op) {
  switch (op) {
    case v1::Matcher::OP_EQUAL:
      return LabelCondition::Op::kEqual;
    case v1::Matcher::OP_NOT_EQUAL:
      return LabelCondition::Op::kNotEqual;
    case v1::Matcher::OP_MATCHES:
      return LabelCondition::Op::kMatches;
    case v1::Matcher::OP_NOT_MATCHES:
      return LabelCondition::Op::kNotMatches;
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<std::vector<LabelCondition>> ConditionsOf(
    const google::protobuf::RepeatedPtrField<v1::Matcher>& matchers) {
  if (matchers.size() > kMaxMatchers) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMatchers, " matchers"));
  }
  std::vector<LabelCondition> conditions;
  for (const v1::Matcher& matcher : matchers) {
    const std::optional<LabelCondition::Op> op = OpOf(matcher.op());
    if (!op) return absl::InvalidArgumentError("a matcher without a known operator");
    TRIBUTARY_ASSIGN_OR_RETURN(LabelCondition condition, LabelCondition::Make(matcher.label(), *op, matcher.value()));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

}  // namespace tributary
