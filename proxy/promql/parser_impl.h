#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/lexer.h"

namespace tributary::promql {

// Recursive descent with one look-ahead token: one function per rule of the grammar, binary operators by climbing
// their precedence. Used once. Thread-compatible.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text), lexer_(text) { token_ = lexer_.Next(); }

  absl::StatusOr<ExpressionPtr> ParseAll();

 private:
  using Result = absl::StatusOr<ExpressionPtr>;

  // parser.cc: expressions.
  Result ParseBinary(int least_precedence);
  Result ParseOperator(ExpressionPtr left, BinaryOp op, int precedence);
  absl::Status ParseModifiers(Binary& binary);
  Result ParseUnary();
  Result ParsePostfix();
  Result ParseBrackets(ExpressionPtr expression);
  absl::StatusOr<TimeShift*> ShiftOf(Expression& expression, absl::string_view modifier);
  absl::Status ParseOffset(Expression& expression);
  absl::Status ParseAt(Expression& expression);
  Result ParsePrimary();
  Result ParseWord();
  Result ParseCall(const Token& name);
  absl::StatusOr<std::vector<ExpressionPtr>> ParseArguments();

  // parser_aggregate.cc: aggregations and what stands for them.
  Result ParseAggregation(const Token& name, AggregateOp op);
  Result ParseQuantiles(const Token& name, std::optional<Grouping> grouping);
  Result ParseDistinct(const Token& name);
  Result MergedIncrease(ExpressionPtr window, Grouping grouping);
  Result MakeCall(absl::string_view function, std::vector<ExpressionPtr> arguments, size_t start);
  absl::Status ParseTrailingGrouping(std::optional<Grouping>& grouping);
  absl::Status ParseGrouping(std::optional<Grouping>& grouping);
  bool AtGrouping() const { return AtWord("by") || AtWord("without"); }

  // parser_selector.cc: selectors, label lists and durations.
  Result ParseSelector(std::optional<Token> name);
  absl::Status ParseMatcher(std::vector<LabelMatcher>& matchers);
  absl::StatusOr<std::vector<std::string>> ParseLabelList();
  absl::StatusOr<int64_t> ParseDurationMs(absl::string_view where, bool may_be_negative);

  bool At(absl::string_view symbol) const { return token_.Is(symbol); }
  bool AtWord(absl::string_view word) const;
  Token Take();
  bool TakeIf(absl::string_view symbol);
  absl::Status Expect(absl::string_view symbol, absl::string_view where);
  // The expression of a node that begins at `start` and ends with the last token, its type checked.
  Result Make(Expression::Node node, size_t start);

  absl::Status Unexpected(absl::string_view where, absl::string_view wanted = "") const;
  absl::Status Refuse(size_t offset, absl::string_view reason) const;

  absl::string_view text_;
  Lexer lexer_;
  Token token_;          // the next
  size_t last_end_ = 0;  // of the token before it
  int depth_ = 0;        // of the descent
};

// Which aggregation a word names, if one. Words of the language are read in any case.
std::optional<AggregateOp> AggregateOpOf(absl::string_view word);

}  // namespace tributary::promql
