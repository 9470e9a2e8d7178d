#include "proxy/promql/parser.h"

#include <algorithm>
#include <cmath>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/printable.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/parser_impl.h"
#include "proxy/promql/types.h"

namespace tributary::promql {
namespace {

struct Operator {
  absl::string_view text;
  BinaryOp op;
  int precedence;
};

constexpr int kPowerPrecedence = 6;

constexpr Operator kOperators[] = {
    {"or", BinaryOp::kOr, 1},
    {"and", BinaryOp::kAnd, 2},
    {"unless", BinaryOp::kUnless, 2},
    {"==", BinaryOp::kEqual, 3},
    {"!=", BinaryOp::kNotEqual, 3},
    {"<", BinaryOp::kLess, 3},
    {"<=", BinaryOp::kLessOrEqual, 3},
    {">", BinaryOp::kGreater, 3},
    {">=", BinaryOp::kGreaterOrEqual, 3},
    {"+", BinaryOp::kAdd, 4},
    {"-", BinaryOp::kSub, 4},
    {"*", BinaryOp::kMul, 5},
    {"/", BinaryOp::kDiv, 5},
    {"%", BinaryOp::kMod, 5},
    {"atan2", BinaryOp::kAtan2, 5},
    {"^", BinaryOp::kPow, kPowerPrecedence},
};

const Operator* OperatorOf(const Token& token) {
  if (token.kind != Token::Kind::kSymbol && token.kind != Token::Kind::kIdentifier) return nullptr;
  for (const Operator& candidate : kOperators) {
    if (absl::EqualsIgnoreCase(candidate.text, token.text)) return &candidate;
  }
  return nullptr;
}

std::string Describe(const Token& token) {
  constexpr size_t kShown = 32;
  if (token.kind == Token::Kind::kEnd) return "end of input";
  if (token.kind == Token::Kind::kString) return absl::StrCat("string ", Printable(token.text.substr(0, kShown)));
  return absl::StrCat("\"", Printable(token.text.substr(0, kShown)), token.text.size() > kShown ? "..." : "", "\"");
}

struct PartsDepth {
  int operator()(const Subquery& subquery) const { return subquery.expression->depth; }
  int operator()(const FunctionCall& call) const {
    int depth = 0;
    for (const ExpressionPtr& argument : call.arguments) depth = std::max(depth, argument->depth);
    return depth;
  }
  int operator()(const Aggregation& aggregation) const {
    return std::max(aggregation.expression->depth, aggregation.parameter ? aggregation.parameter->depth : 0);
  }
  int operator()(const Binary& binary) const { return std::max(binary.left->depth, binary.right->depth); }
  int operator()(const Negation& negation) const { return negation.expression->depth; }
  int operator()(const Parentheses& parentheses) const { return parentheses.expression->depth; }
  int operator()(const Number&) const { return 0; }
  int operator()(const Text&) const { return 0; }
  int operator()(const Selector&) const { return 0; }
};

}  // namespace

std::string LineAndColumn(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') == absl::string_view::npos ? 0 : before.rfind('\n') + 1;
  return absl::StrCat(line, ":", before.size() - line_start + 1);
}

absl::StatusOr<ExpressionPtr> Parse(absl::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("query is longer than ", kMaxQueryBytes, " bytes; split it, or match with a shorter expression"));
  }
  if (ValidUtf8(text) != text) return absl::InvalidArgumentError("query is not UTF-8");
  return Parser(text).ParseAll();
}

absl::StatusOr<std::vector<LabelMatcher>> ParseSelector(absl::string_view text) {
  TRIBUTARY_ASSIGN_OR_RETURN(const ExpressionPtr expression, Parse(text));
  const auto* selector = std::get_if<Selector>(&expression->node);
  if (selector == nullptr || expression->type != ValueType::kVector || selector->shift.has_offset ||
      selector->shift.at != TimeShift::At::kEvaluation) {
    return absl::InvalidArgumentError(absl::StrCat(
        "1:1: parse error: expected a selector such as up{job=\"x\"}, found ", Printable(text.substr(0, 100))));
  }
  return selector->matchers;
}

absl::Status Parser::Refuse(size_t offset, absl::string_view reason) const {
  return absl::InvalidArgumentError(absl::StrCat(LineAndColumn(text_, offset), ": parse error: ", reason));
}

absl::Status Parser::Unexpected(absl::string_view where, absl::string_view wanted) const {
  if (token_.kind == Token::Kind::kBad) return Refuse(token_.offset, token_.string);
  return Refuse(token_.offset, absl::StrCat("unexpected ", Describe(token_), where.empty() ? "" : " in ", where,
                                            wanted.empty() ? "" : ", expected ", wanted));
}

bool Parser::AtWord(absl::string_view word) const {
  return token_.kind == Token::Kind::kIdentifier && absl::EqualsIgnoreCase(token_.text, word);
}

Token Parser::Take() {
  last_end_ = token_.end();
  return std::exchange(token_, lexer_.Next());
}

bool Parser::TakeIf(absl::string_view symbol) {
  if (!At(symbol)) return false;
  Take();
  return true;
}

absl::Status Parser::Expect(absl::string_view symbol, absl::string_view where) {
  if (TakeIf(symbol)) return absl::OkStatus();
  return Unexpected(where, absl::StrCat("\"", symbol, "\""));
}

Parser::Result Parser::Make(Expression::Node node, size_t start) {
  auto expression = std::make_unique<Expression>();
  expression->node = std::move(node);
  expression->start = start;
  expression->end = last_end_;
  expression->depth = 1 + std::visit(PartsDepth(), expression->node);
  if (expression->depth > kMaxQueryDepth) {
    return Refuse(start, absl::StrCat("expression is nested deeper than ", kMaxQueryDepth, " levels; split it"));
  }
  if (absl::Status status = SetType(*expression); !status.ok()) return Refuse(start, status.message());
  return expression;
}

Parser::Result Parser::ParseAll() {
  if (token_.kind == Token::Kind::kEnd) return Refuse(0, "no expression found in input");
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseBinary(0));
  if (token_.kind != Token::Kind::kEnd) return Unexpected("", "an operator or the end");
  return expression;
}

Parser::Result Parser::ParseBinary(int least_precedence) {
  const absl::Cleanup leave = [this] { --depth_; };
  if (++depth_ > kMaxQueryDepth) {
    return Refuse(token_.offset,
                  absl::StrCat("expression is nested deeper than ", kMaxQueryDepth, " levels; split it"));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr left, ParseUnary());
  while (const Operator* found = OperatorOf(token_)) {
    if (found->precedence < least_precedence) break;
    Take();
    TRIBUTARY_ASSIGN_OR_RETURN(left, ParseOperator(std::move(left), found->op, found->precedence));
  }
  return left;
}

Parser::Result Parser::ParseOperator(ExpressionPtr left, BinaryOp op, int precedence) {
  Binary binary;
  const size_t start = left->start;
  binary.op = op;
  binary.left = std::move(left);
  TRIBUTARY_RETURN_IF_ERROR(ParseModifiers(binary));
  const bool right_associative = precedence == kPowerPrecedence;
  TRIBUTARY_ASSIGN_OR_RETURN(binary.right, ParseBinary(right_associative ? precedence : precedence + 1));
  return Make(std::move(binary), start);
}

absl::Status Parser::ParseModifiers(Binary& binary) {
  if (AtWord("bool")) {
    Take();
    binary.return_bool = true;
  }
  if (!AtWord("on") && !AtWord("ignoring")) return absl::OkStatus();
  binary.matching.on = AtWord("on");
  Take();
  TRIBUTARY_ASSIGN_OR_RETURN(binary.matching.labels, ParseLabelList());
  if (!AtWord("group_left") && !AtWord("group_right")) return absl::OkStatus();
  binary.matching.cardinality =
      AtWord("group_left") ? Matching::Cardinality::kManyToOne : Matching::Cardinality::kOneToMany;
  Take();
  if (At("(")) {
    TRIBUTARY_ASSIGN_OR_RETURN(binary.matching.include, ParseLabelList());
  }
  return absl::OkStatus();
}

Parser::Result Parser::ParseUnary() {
  if (!At("-") && !At("+")) return ParsePostfix();
  const Token sign = Take();
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseBinary(kPowerPrecedence));
  if (auto* number = std::get_if<Number>(&operand->node)) {
    if (sign.text == "-") number->value = -number->value;
    operand->start = sign.offset;
    return operand;
  }
  if (sign.text == "-") return Make(Negation{std::move(operand)}, sign.offset);
  if (operand->type == ValueType::kScalar || operand->type == ValueType::kVector) return operand;
  return Make(Negation{std::move(operand)}, sign.offset);  // refuses the type
}

Parser::Result Parser::ParsePostfix() {
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr expression, ParsePrimary());
  for (;;) {
    if (At("[")) {
      TRIBUTARY_ASSIGN_OR_RETURN(expression, ParseBrackets(std::move(expression)));
    } else if (AtWord("offset")) {
      TRIBUTARY_RETURN_IF_ERROR(ParseOffset(*expression));
    } else if (At("@")) {
      TRIBUTARY_RETURN_IF_ERROR(ParseAt(*expression));
    } else {
      return expression;
    }
    expression->end = last_end_;
  }
}

Parser::Result Parser::ParseBrackets(ExpressionPtr expression) {
  const size_t start = expression->start;
  const Token bracket = Take();
  TRIBUTARY_ASSIGN_OR_RETURN(const int64_t range_ms, ParseDurationMs("range", false));
  if (TakeIf(":")) {
    Subquery subquery;
    subquery.range_ms = range_ms;
    if (!At("]")) {
      TRIBUTARY_ASSIGN_OR_RETURN(subquery.step_ms, ParseDurationMs("subquery step", false));
    }
    TRIBUTARY_RETURN_IF_ERROR(Expect("]", "subquery"));
    subquery.expression = std::move(expression);
    return Make(std::move(subquery), start);
  }
  TRIBUTARY_RETURN_IF_ERROR(Expect("]", "range"));
  auto* selector = std::get_if<Selector>(&expression->node);
  if (selector == nullptr || selector->range_ms > 0) {
    return Refuse(bracket.offset,
                  "ranges only allowed for vector selectors; for other expressions use a subquery, "
                  "as in (...)[5m:1m]");
  }
  if (selector->shift.has_offset) return Refuse(bracket.offset, "no offset modifiers allowed before range");
  if (selector->shift.at != TimeShift::At::kEvaluation) {
    return Refuse(bracket.offset, "no @ modifiers allowed before range");
  }
  selector->range_ms = range_ms;
  expression->type = ValueType::kMatrix;
  return expression;
}

absl::StatusOr<TimeShift*> Parser::ShiftOf(Expression& expression, absl::string_view modifier) {
  if (auto* selector = std::get_if<Selector>(&expression.node)) return &selector->shift;
  if (auto* subquery = std::get_if<Subquery>(&expression.node)) return &subquery->shift;
  return Refuse(token_.offset, absl::StrCat(modifier,
                                            " modifier must be preceded by an instant vector selector or range "
                                            "vector selector or a subquery"));
}

absl::Status Parser::ParseOffset(Expression& expression) {
  TRIBUTARY_ASSIGN_OR_RETURN(TimeShift * shift, ShiftOf(expression, "offset"));
  if (shift->has_offset) return Refuse(token_.offset, "offset may not be set multiple times");
  Take();
  TRIBUTARY_ASSIGN_OR_RETURN(shift->offset_ms, ParseDurationMs("offset", true));
  shift->has_offset = true;
  return absl::OkStatus();
}

absl::Status Parser::ParseAt(Expression& expression) {
  TRIBUTARY_ASSIGN_OR_RETURN(TimeShift * shift, ShiftOf(expression, "@"));
  if (shift->at != TimeShift::At::kEvaluation) {
    return Refuse(token_.offset, "@ <timestamp> may not be set multiple times");
  }
  Take();
  if (AtWord("start") || AtWord("end")) {
    shift->at = AtWord("start") ? TimeShift::At::kStart : TimeShift::At::kEnd;
    Take();
    TRIBUTARY_RETURN_IF_ERROR(Expect("(", "@"));
    return Expect(")", "@");
  }
  const double sign = At("-") ? -1 : 1;
  if (At("-") || At("+")) Take();
  if (token_.kind != Token::Kind::kNumber) return Unexpected("@", "timestamp, start() or end()");
  constexpr double kMaxSeconds = 1e12;  // its milliseconds are exact
  if (!(token_.number <= kMaxSeconds)) return Refuse(token_.offset, "timestamp out of bounds for @ modifier");
  shift->at = TimeShift::At::kTime;
  shift->at_ms = std::llround(sign * Take().number * 1000);
  return absl::OkStatus();
}

Parser::Result Parser::ParsePrimary() {
  const size_t start = token_.offset;
  if (token_.kind == Token::Kind::kNumber) return Make(Number{Take().number}, start);
  if (token_.kind == Token::Kind::kString) return Make(Text{Take().string}, start);
  if (At("{")) return ParseSelector(std::nullopt);
  if (token_.kind == Token::Kind::kIdentifier) return ParseWord();
  if (!At("(")) return Unexpected("", "an expression");
  Take();
  TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseBinary(0));
  if (token_.kind == Token::Kind::kEnd) return Refuse(start, "unclosed left parenthesis");
  TRIBUTARY_RETURN_IF_ERROR(Expect(")", "parentheses"));
  return Make(Parentheses{std::move(inner)}, start);
}

// A word is what the token after it makes of it: sum(x) and sum by (a) (x) aggregate, rate(x) calls, the rest are
// names.
Parser::Result Parser::ParseWord() {
  for (const absl::string_view word : {"on", "ignoring", "group_left", "group_right", "atan2"}) {
    if (AtWord(word)) return Unexpected("", "an expression");
  }
  const Token word = Take();
  const std::optional<AggregateOp> aggregate = AggregateOpOf(word.text);
  if (aggregate && (At("(") || AtGrouping())) return ParseAggregation(word, *aggregate);
  if (word.text == "distinct" && (At("(") || AtGrouping())) return ParseDistinct(word);
  if (At("(")) return ParseCall(word);
  return ParseSelector(word);
}

Parser::Result Parser::ParseCall(const Token& name) {
  FunctionCall call;
  call.function = FindFunction(name.text);
  if (call.function == nullptr) {
    return Refuse(name.offset, absl::StrCat("unknown function with name ", Describe(name)));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(call.arguments, ParseArguments());
  return Make(std::move(call), name.offset);
}

absl::StatusOr<std::vector<ExpressionPtr>> Parser::ParseArguments() {
  std::vector<ExpressionPtr> arguments;
  const size_t start = token_.offset;
  TRIBUTARY_RETURN_IF_ERROR(Expect("(", "function call"));
  while (!At(")")) {
    if (!arguments.empty()) {
      if (token_.kind == Token::Kind::kEnd) return Refuse(start, "unclosed left parenthesis");
      TRIBUTARY_RETURN_IF_ERROR(Expect(",", "function call"));
      if (At(")")) return Refuse(token_.offset, "trailing commas not allowed in function call args");
    }
    TRIBUTARY_ASSIGN_OR_RETURN(ExpressionPtr argument, ParseBinary(0));
    arguments.push_back(std::move(argument));
  }
  Take();
  return arguments;
}

}  // namespace tributary::promql
