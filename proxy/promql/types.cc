#include "proxy/promql/types.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/promql/label_pattern.h"

namespace tributary::promql {
namespace {

absl::Status Refuse(absl::string_view message) { return absl::InvalidArgumentError(message); }

absl::Status Expect(ValueType type, const Expression& expression, absl::string_view where) {
  if (expression.type == type) return absl::OkStatus();
  return Refuse(absl::StrCat("expected type ", NameOf(type), " in ", where, ", got ", NameOf(expression.type)));
}

bool IsScalarOrVector(ValueType type) { return type == ValueType::kScalar || type == ValueType::kVector; }

constexpr size_t kMaxArguments = 64;  // where the last may be repeated

absl::Status CheckArgumentCount(const Function& function, size_t count) {
  const size_t declared = function.arguments.size();
  const auto arguments = [&](absl::string_view bound, size_t wanted) {
    return Refuse(
        absl::StrCat("expected ", bound, wanted, " argument(s) in call to \"", function.name, "\", got ", count));
  };
  if (function.optional == 0) return count == declared ? absl::OkStatus() : arguments("", declared);
  const size_t least = declared - static_cast<size_t>(std::abs(function.optional));
  if (count < least) return arguments("at least ", least);
  const size_t most = function.optional > 0 ? declared : kMaxArguments;
  if (count > most) return arguments("at most ", most);
  return absl::OkStatus();
}

absl::Status CheckMatching(const Binary& binary) {
  const Matching& matching = binary.matching;
  const bool vectors = binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
  if (!vectors) {
    if (!matching.labels.empty()) {  // 1 + on() vector(1) is let through by Prometheus too
      return Refuse("vector matching only allowed between instant vectors");
    }
    return absl::OkStatus();
  }
  if (IsSetOperator(binary.op) && matching.cardinality != Matching::Cardinality::kOneToOne) {
    return Refuse(absl::StrCat("no grouping allowed for \"", NameOf(binary.op), "\" operation"));
  }
  for (const std::string& label : matching.include) {
    if (matching.on && std::binary_search(matching.labels.begin(), matching.labels.end(), label)) {
      return Refuse(absl::StrCat("label \"", label, "\" must not occur in ON and GROUP clause at once"));
    }
  }
  return absl::OkStatus();
}

struct TypeSetter {
  Expression& expression;

  absl::Status Set(ValueType type) const {
    expression.type = type;
    return absl::OkStatus();
  }

  absl::Status operator()(const Number&) const { return Set(ValueType::kScalar); }
  absl::Status operator()(const Text&) const { return Set(ValueType::kString); }

  absl::Status operator()(const Selector& selector) const {
    bool selective = false;
    for (const LabelMatcher& matcher : selector.matchers) {
      TRIBUTARY_ASSIGN_OR_RETURN(const LabelPattern pattern, LabelPattern::Compile(matcher));
      selective = selective || !pattern.Matches("");
    }
    if (!selective) return Refuse("vector selector must contain at least one non-empty matcher");
    return Set(selector.range_ms > 0 ? ValueType::kMatrix : ValueType::kVector);
  }

  absl::Status operator()(const Subquery& subquery) const {
    if (subquery.expression->type != ValueType::kVector) {
      return Refuse(absl::StrCat("subquery is only allowed on instant vector, got ", NameOf(subquery.expression->type),
                                 " instead"));
    }
    return Set(ValueType::kMatrix);
  }

  absl::Status operator()(const FunctionCall& call) const {
    const Function& function = *call.function;
    TRIBUTARY_RETURN_IF_ERROR(CheckArgumentCount(function, call.arguments.size()));
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const ValueType type = function.arguments[std::min(i, function.arguments.size() - 1)];
      TRIBUTARY_RETURN_IF_ERROR(
          Expect(type, *call.arguments[i], absl::StrCat("call to function \"", function.name, "\"")));
    }
    return Set(function.result);
  }

  absl::Status operator()(const Aggregation& aggregation) const {
    TRIBUTARY_RETURN_IF_ERROR(Expect(ValueType::kVector, *aggregation.expression, "aggregation expression"));
    if (aggregation.parameter) {
      const bool text = aggregation.op == AggregateOp::kCountValues;
      TRIBUTARY_RETURN_IF_ERROR(
          Expect(text ? ValueType::kString : ValueType::kScalar, *aggregation.parameter, "aggregation parameter"));
    }
    return Set(ValueType::kVector);
  }

  absl::Status operator()(Binary& binary) const {
    const ValueType left = binary.left->type, right = binary.right->type;
    const bool scalars = left == ValueType::kScalar && right == ValueType::kScalar;
    if (binary.return_bool && !IsComparison(binary.op)) {
      return Refuse("bool modifier can only be used on comparison operators");
    }
    if (!IsScalarOrVector(left) || !IsScalarOrVector(right)) {
      return Refuse("binary expression must contain only scalar and instant vector types");
    }
    if (IsComparison(binary.op) && scalars && !binary.return_bool) {
      return Refuse("comparisons between scalars must use BOOL modifier");
    }
    if (IsSetOperator(binary.op) && (left == ValueType::kScalar || right == ValueType::kScalar)) {
      return Refuse(absl::StrCat("set operator \"", NameOf(binary.op), "\" not allowed in binary scalar expression"));
    }
    TRIBUTARY_RETURN_IF_ERROR(CheckMatching(binary));
    if (IsSetOperator(binary.op)) binary.matching.cardinality = Matching::Cardinality::kManyToMany;
    return Set(scalars ? ValueType::kScalar : ValueType::kVector);
  }

  absl::Status operator()(const Negation& negation) const {
    if (!IsScalarOrVector(negation.expression->type)) {
      return Refuse(
          absl::StrCat("unary expression only allowed on expressions of type scalar or instant vector, got \"",
                       NameOf(negation.expression->type), "\""));
    }
    return Set(negation.expression->type);
  }

  absl::Status operator()(const Parentheses& parentheses) const { return Set(parentheses.expression->type); }
};

}  // namespace

absl::Status SetType(Expression& expression) { return std::visit(TypeSetter{expression}, expression.node); }

}  // namespace tributary::promql
