#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/promql/functions.h"
#include "proxy/promql/selector.h"

namespace tributary::promql {

// A query as the parser understood it, its types checked. Positions are byte offsets into the text.

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class AggregateOp {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kCountValues,
  kLimitk,
};
enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kUnless,
};
bool IsComparison(BinaryOp op);
bool IsSetOperator(BinaryOp op);
absl::string_view NameOf(AggregateOp op);
absl::string_view NameOf(BinaryOp op);
absl::string_view NameOf(ValueType type);  // "instant vector"

// `offset` and `@`.
struct TimeShift {
  enum class At { kEvaluation, kTime, kStart, kEnd };
  At at = At::kEvaluation;
  int64_t at_ms = 0;      // of kTime
  int64_t offset_ms = 0;  // how far back
  bool has_offset = false;
};

struct Number {
  double value = 0;
};
struct Text {
  std::string value;
};
// name{matchers}, name{matchers}[range].
struct Selector {
  std::vector<LabelMatcher> matchers;
  int64_t range_ms = 0;  // 0: an instant selector
  TimeShift shift;
};
// expression[range:step].
struct Subquery {
  ExpressionPtr expression;
  int64_t range_ms = 0;
  int64_t step_ms = 0;  // 0: the default resolution
  TimeShift shift;
};
struct FunctionCall {
  const Function* function = nullptr;
  std::vector<ExpressionPtr> arguments;
};
struct Aggregation {
  AggregateOp op = AggregateOp::kSum;
  Grouping grouping;
  ExpressionPtr parameter;  // of topk, bottomk, quantile, count_values, limitk
  ExpressionPtr expression;
};
// How the sides of a binary operator find each other.
struct Matching {
  enum class Cardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };
  Cardinality cardinality = Cardinality::kOneToOne;
  bool on = false;                   // else ignoring
  std::vector<std::string> labels;   // sorted
  std::vector<std::string> include;  // group_left(...): labels that the one side lends
};
struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  ExpressionPtr left;
  ExpressionPtr right;
  bool return_bool = false;
  Matching matching;
};
struct Negation {
  ExpressionPtr expression;
};
struct Parentheses {
  ExpressionPtr expression;
};

struct Expression {
  using Node = std::variant<Number, Text, Selector, Subquery, FunctionCall, Aggregation, Binary, Negation, Parentheses>;
  Node node;
  ValueType type = ValueType::kScalar;
  size_t start = 0;
  size_t end = 0;
  int depth = 1;  // of the tree below and with this
};

// What stands in the parentheses, if any do.
const Expression& Unwrapped(const Expression& expression);
// The selector that this is, through parentheses; null when it is something else.
const Selector* AsSelector(const Expression& expression);
// In one canonical form, which the parser reads back to an equal tree.
std::string ToString(const Expression& expression);

}  // namespace tributary::promql
