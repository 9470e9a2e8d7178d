#include "proxy/promql/evaluator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "proxy/promql/aggregate.h"
#include "proxy/promql/binary.h"
#include "proxy/promql/parser.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

absl::StatusOr<Evaluated> AsVector(absl::StatusOr<std::vector<Series>> series) {
  if (!series.ok()) return series.status();
  return Evaluated{.series = *std::move(series), .scalars = {}, .text = ""};
}

}  // namespace

Evaluator::~Evaluator() { Hold(0).IgnoreError(); }

absl::Status Evaluator::Hold(int64_t weight) {
  return evaluation_.context.AddSamples(weight - std::exchange(held_, weight));
}

std::string Evaluator::PositionOf(const Expression& expression) const {
  return absl::StrCat(" (", LineAndColumn(evaluation_.text, expression.start), ")");
}

absl::StatusOr<Evaluated> Evaluator::Evaluate(const Expression& expression, const Grouping* grouping) {
  TRIBUTARY_RETURN_IF_ERROR(evaluation_.context.Check());
  const int64_t before = held_;
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated result, Visit(expression, grouping));
  TRIBUTARY_RETURN_IF_ERROR(evaluation_.notes.status());
  TRIBUTARY_RETURN_IF_ERROR(Hold(before + WeightOf(result.series) + static_cast<int64_t>(result.scalars.size())));
  return result;
}

absl::StatusOr<Evaluated> Evaluator::Visit(const Expression& expression, const Grouping* grouping) {
  const auto& node = expression.node;
  if (const auto* number = std::get_if<Number>(&node)) {
    return Evaluated{{}, std::vector<double>(static_cast<size_t>(grid_.count), number->value), ""};
  }
  if (const auto* text = std::get_if<Text>(&node)) return Evaluated{{}, {}, text->value};
  if (const auto* selector = std::get_if<Selector>(&node)) return EvaluateSelector(*selector, Fold::kLast, grouping);
  if (const auto* call = std::get_if<FunctionCall>(&node)) return EvaluateCall(*call, PositionOf(expression), grouping);
  if (const auto* aggregation = std::get_if<Aggregation>(&node)) {
    return EvaluateAggregation(*aggregation, PositionOf(expression));
  }
  if (const auto* binary = std::get_if<Binary>(&node)) return EvaluateBinary(*binary, PositionOf(expression));
  if (const auto* negation = std::get_if<Negation>(&node)) return EvaluateNegation(*negation);
  const auto* parentheses = std::get_if<Parentheses>(&node);
  TRIBUTARY_CHECK(parentheses != nullptr);  // a range vector is selected, not evaluated
  return Evaluate(*parentheses->expression, grouping);
}

absl::StatusOr<Evaluated> Evaluator::EvaluateAggregation(const Aggregation& aggregation, const std::string& position) {
  Evaluated parameter;
  if (aggregation.parameter) {
    TRIBUTARY_ASSIGN_OR_RETURN(parameter, Evaluate(*aggregation.parameter));
  }
  const Grouping* const grouping = aggregation.op == AggregateOp::kSum ? &aggregation.grouping : nullptr;
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated input, Evaluate(*aggregation.expression, grouping));
  const AggregateCall call{aggregation,        grid_, parameter.scalars, parameter.text, position, evaluation_.notes,
                           evaluation_.context};
  return AsVector(promql::Aggregate(call, std::move(input.series)));
}

absl::StatusOr<Evaluated> Evaluator::EvaluateBinary(const Binary& binary, const std::string& position) {
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated left, Evaluate(*binary.left));
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated right, Evaluate(*binary.right));
  const BinaryCall call{binary, grid_, position, evaluation_.notes};
  const bool left_scalar = binary.left->type == ValueType::kScalar;
  const bool right_scalar = binary.right->type == ValueType::kScalar;
  if (left_scalar && right_scalar) return Evaluated{{}, ScalarBinary(call, left.scalars, right.scalars), ""};
  if (left_scalar) return AsVector(VectorScalarBinary(call, std::move(right.series), left.scalars, true));
  if (right_scalar) return AsVector(VectorScalarBinary(call, std::move(left.series), right.scalars, false));
  if (IsSetOperator(binary.op)) return AsVector(SetBinary(call, std::move(left.series), std::move(right.series)));
  return AsVector(VectorBinary(call, left.series, right.series));
}

absl::StatusOr<Evaluated> Evaluator::EvaluateNegation(const Negation& negation) {
  TRIBUTARY_ASSIGN_OR_RETURN(Evaluated operand, Evaluate(*negation.expression));
  for (double& scalar : operand.scalars) scalar = -scalar;
  for (Series& series : operand.series) {
    RemoveLabel(series.labels, kMetricName);
    for (Point& point : series.points) {
      point.value = -point.value;
      if (point.distribution) {
        TRIBUTARY_ASSIGN_OR_RETURN(point.distribution, point.distribution->Scaled(-1));
      }
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(operand.series));
  return operand;
}

}  // namespace tributary::promql
