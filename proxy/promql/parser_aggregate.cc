#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "proxy/promql/parser_impl.h"

namespace tributary::promql {
namespace {

bool TakesParameter(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kQuantile ||
         op == AggregateOp::kCountValues || op == AggregateOp::kLimitk;
}

}  // namespace

std::optional<AggregateOp> AggregateOpOf(absl::string_view word) {
  const std::string lower = absl::AsciiStrToLower(word);
  for (int i = 0; i <= static_cast<int>(AggregateOp::kLimitk); ++i) {
    if (NameOf(static_cast<AggregateOp>(i)) == lower) return static_cast<AggregateOp>(i);
  }
  return std::nullopt;
}

absl::Status Parser::ParseGrouping(std::optional<Grouping>& grouping) {
  if (!AtGrouping()) return absl::OkStatus();
  grouping.emplace();
  grouping->without = AtWord("without");
  Take();
  TRIBUTARY_ASSIGN_OR_RETURN(grouping->labels, ParseLabelList());
  return absl::OkStatus();
}

absl::Status Parser::ParseTrailingGrouping(std::optional<Grouping>& grouping) {
  if (!AtGrouping()) return absl::OkStatus();
  if (grouping) return Unexpected("aggregation", "one grouping, before or after the parentheses");
  return ParseGrouping(grouping);
}

Parser::Result Parser::ParseAggregation(const Token& name, AggregateOp op) {
  std::optional<Grouping> grouping;
  TRIBUTARY_RETURN_IF_ERROR(ParseGrouping(grouping));
  const Lexer before_arguments = lexer_;
  const Token parenthesis = token_;
  if (op == AggregateOp::kQuantile && At("(")) {
    Take();
    if (At("[")) return ParseQuantiles(name, std::move(grouping));
    lexer_ = before_arguments;
    token_ = parenthesis;
  }
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, ParseArguments());
  TRIBUTARY_RETURN_IF_ERROR(ParseTrailingGrouping(grouping));
  if (arguments.empty()) return Refuse(name.offset, "no arguments for aggregate expression provided");
  const size_t wanted = TakesParameter(op) ? 2 : 1;
  if (arguments.size() != wanted) {
    return Refuse(name.offset, absl::StrCat("wrong number of arguments for aggregate expression provided, expected ",
                                            wanted, ", got ", arguments.size()));
  }
  if (op == AggregateOp::kQuantile && arguments[1]->type == ValueType::kMatrix) {
    TRIBUTARY_ASSIGN_OR_RETURN(arguments[1], MergedIncrease(std::move(arguments[1]), grouping.value_or(Grouping())));
    return MakeCall("histogram_quantile", std::move(arguments), name.offset);
  }
  Aggregation aggregation;
  aggregation.op = op;
  aggregation.grouping = std::move(grouping).value_or(Grouping());
  aggregation.expression = std::move(arguments.back());
  if (wanted == 2) aggregation.parameter = std::move(arguments.front());
  return Make(std::move(aggregation), name.offset);
}

// The rest of quantile([0.5, 0.99], m[5m]), from the bracket on.
Parser::Result Parser::ParseQuantiles(const Token& name, std::optional<Grouping> grouping) {
  std::vector<ExpressionPtr> arguments(2);  // the vector and the label, then the quantiles
  do {
    Take();  // the bracket, or the comma
    TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr quantile, ParseBinary(0));
    arguments.push_back(std::move(quantile));
  } while (At(","));
  TRIBUTARY_RETURN_IF_ERROR(Expect("]", "list of quantiles"));
  TRIBUTARY_RETURN_IF_ERROR(Expect(",", "quantile"));
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr window, ParseBinary(0));
  TRIBUTARY_RETURN_IF_ERROR(Expect(")", "quantile"));
  TRIBUTARY_RETURN_IF_ERROR(ParseTrailingGrouping(grouping));
  TRIBUTARY_ASSIGN_OR_RETURN(arguments[0], MergedIncrease(std::move(window), std::move(grouping).value_or(Grouping())));
  TRIBUTARY_ASSIGN_OR_RETURN(arguments[1], Make(Text{"quantile"}, name.offset));
  return MakeCall("histogram_quantiles", std::move(arguments), name.offset);
}

Parser::Result Parser::ParseDistinct(const Token& name) {
  std::optional<Grouping> grouping;
  TRIBUTARY_RETURN_IF_ERROR(ParseGrouping(grouping));
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, ParseArguments());
  TRIBUTARY_RETURN_IF_ERROR(ParseTrailingGrouping(grouping));
  const bool merged = arguments.size() == 1 && arguments[0]->type == ValueType::kVector && !grouping;
  if (arguments.size() == 1 && !merged) {
    TRIBUTARY_ASSIGN_OR_RETURN(arguments[0],
                               MergedIncrease(std::move(arguments[0]), std::move(grouping).value_or(Grouping())));
  }
  return MakeCall("distinct", std::move(arguments), name.offset);
}

// sum by (...) (increase(window)).
Parser::Result Parser::MergedIncrease(ExpressionPtr window, Grouping grouping) {
  const size_t start = window->start;
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(window));
  Aggregation sum;
  sum.grouping = std::move(grouping);
  TRIBUTARY_ASSIGN_OR_RETURN(sum.expression, MakeCall("increase", std::move(arguments), start));
  return Make(std::move(sum), start);
}

Parser::Result Parser::MakeCall(absl::string_view function, std::vector<ExpressionPtr> arguments, size_t start) {
  FunctionCall call;
  call.function = FindFunction(function);
  if (call.function == nullptr) return Refuse(start, absl::StrCat("unknown function with name \"", function, "\""));
  call.arguments = std::move(arguments);
  return Make(std::move(call), start);
}

}  // namespace tributary::promql
