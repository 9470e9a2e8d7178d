#include "proxy/query/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/promql/prom_duration.h"
#include "proxy/query/token.h"
#include "re2/re2.h"

namespace tributary {
namespace {

constexpr absl::string_view kSupported =
    "; supported is quantile(0.99, name{label=\"value\"}[5m]) by (label), see docs/query.md";

// One look-ahead token, one function per rule of the grammar.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text), lexer_(text) { token_ = lexer_.Next(); }

  absl::StatusOr<QuantileExpression> Parse();

 private:
  absl::Status ParseQuantiles(QuantileExpression& expression);
  absl::Status ParseQuantile(std::vector<double>& quantiles);
  absl::Status ParseSelector(RangeSelector& selector);
  absl::Status ParseBraces(RangeSelector& selector);
  absl::Status ParseMatcher(RangeSelector& selector);
  absl::Status ParseWindow(RangeSelector& selector);
  // Nothing when there is no clause here.
  absl::Status ParseGrouping(std::optional<Grouping>& grouping);
  absl::Status CheckRegex(const Token& at, absl::string_view pattern) const;

  bool At(absl::string_view symbol) const { return token_.Is(symbol); }
  bool AtWord(absl::string_view word) const { return token_.kind == Token::Kind::kIdentifier && token_.text == word; }
  bool AtName() const { return token_.kind == Token::Kind::kIdentifier || token_.kind == Token::Kind::kString; }
  Token Take() { return std::exchange(token_, lexer_.Next()); }
  std::string TakeName();
  absl::Status Expect(absl::string_view symbol, absl::string_view where);

  // What stands here is not of the language.
  absl::Status Unexpected(absl::string_view wanted) const;
  // It is, but not with this content.
  absl::Status Refuse(size_t offset, absl::string_view reason) const;
  absl::Status RefuseOver(size_t count, size_t limit, absl::string_view things) const;

  absl::string_view text_;
  Lexer lexer_;
  Token token_;
};

std::string Describe(const Token& token) {
  constexpr size_t kShown = 32;
  if (token.kind == Token::Kind::kEnd) return "the end";
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(token.text.substr(0, kShown)),
                      token.text.size() > kShown ? "...'" : "'");
}

absl::Status Parser::Refuse(size_t offset, absl::string_view reason) const {
  const absl::string_view before = text_.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') == absl::string_view::npos ? 0 : before.rfind('\n') + 1;
  return absl::InvalidArgumentError(absl::StrCat(line, ":", offset - line_start + 1, ": parse error: ", reason));
}

absl::Status Parser::Unexpected(absl::string_view wanted) const {
  if (token_.kind == Token::Kind::kBad) return Refuse(token_.offset, token_.value);
  return Refuse(token_.offset, absl::StrCat("expected ", wanted, ", found ", Describe(token_), kSupported));
}

absl::Status Parser::RefuseOver(size_t count, size_t limit, absl::string_view things) const {
  if (count < limit) return absl::OkStatus();
  return Refuse(token_.offset, absl::StrCat("more than ", limit, " ", things));
}

absl::Status Parser::Expect(absl::string_view symbol, absl::string_view where) {
  if (!At(symbol)) return Unexpected(absl::StrCat("'", symbol, "' ", where));
  Take();
  return absl::OkStatus();
}

std::string Parser::TakeName() {
  Token token = Take();
  return token.kind == Token::Kind::kString ? std::move(token.value) : std::string(token.text);
}

absl::StatusOr<QuantileExpression> Parser::Parse() {
  QuantileExpression expression;
  std::optional<Grouping> before, after;
  if (!AtWord("quantile")) return Unexpected("quantile");
  Take();
  TRIBUTARY_RETURN_IF_ERROR(ParseGrouping(before));
  TRIBUTARY_RETURN_IF_ERROR(Expect("(", "after quantile"));
  TRIBUTARY_RETURN_IF_ERROR(ParseQuantiles(expression));
  TRIBUTARY_RETURN_IF_ERROR(Expect(",", "after the quantile"));
  TRIBUTARY_RETURN_IF_ERROR(ParseSelector(expression.selector));
  TRIBUTARY_RETURN_IF_ERROR(Expect(")", "after the window"));
  const size_t clause_offset = token_.offset;
  TRIBUTARY_RETURN_IF_ERROR(ParseGrouping(after));
  if (before && after) return Refuse(clause_offset, "a second by or without");
  if (token_.kind != Token::Kind::kEnd) return Unexpected("the end");
  expression.grouping = before ? *std::move(before) : after.value_or(Grouping());
  return expression;
}

absl::Status Parser::ParseQuantiles(QuantileExpression& expression) {
  if (!At("[")) return ParseQuantile(expression.quantiles);
  Take();
  expression.is_list = true;
  do {
    if (!expression.quantiles.empty()) Take();  // the comma
    TRIBUTARY_RETURN_IF_ERROR(RefuseOver(expression.quantiles.size(), kMaxQuantiles, "quantiles"));
    TRIBUTARY_RETURN_IF_ERROR(ParseQuantile(expression.quantiles));
  } while (At(","));
  return Expect("]", "after the list of quantiles");
}

absl::Status Parser::ParseQuantile(std::vector<double>& quantiles) {
  double quantile = 0;
  if (token_.kind != Token::Kind::kNumber || !absl::SimpleAtod(token_.text, &quantile)) {
    return Unexpected("a number from 0 to 1");
  }
  if (!(quantile >= 0 && quantile <= 1)) {
    return Refuse(token_.offset,
                  absl::StrCat("a quantile is a number from 0 to 1 (p99 is 0.99), found ", Describe(token_)));
  }
  if (std::find(quantiles.begin(), quantiles.end(), quantile) != quantiles.end()) {
    return Refuse(token_.offset, absl::StrCat("quantile ", FormatNumber(quantile), " is listed twice"));
  }
  quantiles.push_back(quantile + 0.0);  // no negative zero
  Take();
  return absl::OkStatus();
}

absl::Status Parser::ParseSelector(RangeSelector& selector) {
  const size_t offset = token_.offset;
  if (token_.kind == Token::Kind::kIdentifier) selector.name = TakeName();
  if (At("{")) TRIBUTARY_RETURN_IF_ERROR(ParseBraces(selector));
  if (selector.name.empty() && token_.offset == offset) return Unexpected("a metric");
  if (selector.name.empty()) return Refuse(offset, "a metric's name is needed, as name{...} or {\"name\", ...}");
  return ParseWindow(selector);
}

absl::Status Parser::ParseBraces(RangeSelector& selector) {
  Take();
  while (!At("}")) {
    TRIBUTARY_RETURN_IF_ERROR(RefuseOver(selector.matchers.size(), kMaxMatchers, "matchers"));
    TRIBUTARY_RETURN_IF_ERROR(ParseMatcher(selector));
    if (!At(",")) break;
    Take();
  }
  return Expect("}", "after the matchers");
}

absl::Status Parser::ParseMatcher(RangeSelector& selector) {
  if (!AtName()) return Unexpected("a label or a quoted name");
  const Token name = token_;
  std::string label = TakeName();
  if (name.kind == Token::Kind::kString && (At(",") || At("}"))) {
    if (!selector.name.empty()) return Refuse(name.offset, "a second name for the metric");
    if (label.empty()) return Refuse(name.offset, "an empty name");
    selector.name = std::move(label);
    selector.exact_name = true;
    return absl::OkStatus();
  }
  if (label.empty()) return Refuse(name.offset, "an empty label");
  if (label == "__name__")
    return Refuse(name.offset, "write the metric's name before the braces, or quoted inside them");

  constexpr std::pair<absl::string_view, LabelMatcher::Op> kOps[] = {{"=", LabelMatcher::Op::kEqual},
                                                                     {"!=", LabelMatcher::Op::kNotEqual},
                                                                     {"=~", LabelMatcher::Op::kMatches},
                                                                     {"!~", LabelMatcher::Op::kNotMatches}};
  const auto op = std::find_if(std::begin(kOps), std::end(kOps), [this](const auto& known) { return At(known.first); });
  if (op == std::end(kOps)) return Unexpected("=, !=, =~ or !~ after the label");
  Take();
  if (token_.kind != Token::Kind::kString) return Unexpected("a quoted value");
  const bool is_regex = op->second == LabelMatcher::Op::kMatches || op->second == LabelMatcher::Op::kNotMatches;
  if (is_regex) TRIBUTARY_RETURN_IF_ERROR(CheckRegex(token_, token_.value));
  selector.matchers.push_back({std::move(label), op->second, TakeName()});
  return absl::OkStatus();
}

absl::Status Parser::CheckRegex(const Token& at, absl::string_view pattern) const {
  if (pattern.size() > kMaxRegexBytes) {
    return Refuse(at.offset, absl::StrCat("a regular expression of more than ", kMaxRegexBytes, " bytes"));
  }
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMaxRegexMemory);
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!regex.ok()) return Refuse(at.offset, absl::StrCat("bad regular expression: ", regex.error()));
  return absl::OkStatus();
}

absl::Status Parser::ParseWindow(RangeSelector& selector) {
  TRIBUTARY_RETURN_IF_ERROR(Expect("[", "and a window, as in [5m]"));
  const std::optional<absl::Duration> window =
      token_.kind == Token::Kind::kNumber ? ParsePromDuration(token_.text) : std::nullopt;
  if (!window) return Unexpected("a duration such as 30s, 5m or 1h30m");
  if (*window == absl::ZeroDuration()) return Refuse(token_.offset, "the window is empty");
  Take();
  selector.window = *window;
  return Expect("]", "after the window");
}

absl::Status Parser::ParseGrouping(std::optional<Grouping>& grouping) {
  if (!AtWord("by") && !AtWord("without")) return absl::OkStatus();
  grouping.emplace().without = Take().text == "without";
  TRIBUTARY_RETURN_IF_ERROR(Expect("(", "after by or without"));
  while (!At(")")) {
    TRIBUTARY_RETURN_IF_ERROR(RefuseOver(grouping->labels.size(), kMaxGroupLabels, "labels"));
    if (!AtName()) return Unexpected("a label");
    grouping->labels.push_back(TakeName());
    if (!At(",")) break;
    Take();
  }
  return Expect(")", "after the labels");
}

}  // namespace

absl::StatusOr<QuantileExpression> ParseExpression(absl::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return absl::InvalidArgumentError(absl::StrCat("an expression of more than ", kMaxExpressionBytes, " bytes"));
  }
  return Parser(text).Parse();
}

}  // namespace tributary
