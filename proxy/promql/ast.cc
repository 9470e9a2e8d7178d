#include "proxy/promql/ast.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/prom_duration.h"

namespace tributary::promql {
namespace {

constexpr absl::string_view kAggregateNames[] = {"sum",      "avg",          "min",    "max",  "count",
                                                 "group",    "stddev",       "stdvar", "topk", "bottomk",
                                                 "quantile", "count_values", "limitk"};
constexpr absl::string_view kBinaryNames[] = {
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", "<=", ">", ">=", "and", "or", "unless"};
constexpr absl::string_view kMatchNames[] = {"=", "!=", "=~", "!~"};

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

bool IsPlainLabel(absl::string_view name) { return !name.empty() && PrometheusLabelName(name) == name; }

std::string Duration(int64_t ms) {
  return absl::StrCat(ms < 0 ? "-" : "", FormatPromDuration(absl::Milliseconds(ms < 0 ? -ms : ms)));
}

std::string LabelList(const std::vector<std::string>& labels) {
  return absl::StrCat("(",
                      absl::StrJoin(labels, ", ",
                                    [](std::string* out, const std::string& label) {
                                      absl::StrAppend(out, IsPlainLabel(label) ? label : Quoted(label));
                                    }),
                      ")");
}

// Writes one node after its kind.
struct Writer {
  std::string operator()(const Number& number) const { return FormatValue(number.value); }
  std::string operator()(const Text& text) const { return Quoted(text.value); }

  std::string operator()(const Selector& selector) const {
    std::vector<std::string> matchers;
    for (const LabelMatcher& matcher : selector.matchers) matchers.push_back(MatcherText(matcher));
    std::string out = absl::StrCat("{", absl::StrJoin(matchers, ", "), "}");
    if (selector.range_ms > 0) absl::StrAppend(&out, "[", Duration(selector.range_ms), "]");
    return absl::StrCat(out, ShiftText(selector.shift));
  }

  std::string operator()(const Subquery& subquery) const {
    return absl::StrCat(ToString(*subquery.expression), "[", Duration(subquery.range_ms), ":",
                        subquery.step_ms > 0 ? Duration(subquery.step_ms) : "", "]", ShiftText(subquery.shift));
  }

  std::string operator()(const FunctionCall& call) const {
    return absl::StrCat(call.function->name, "(",
                        absl::StrJoin(call.arguments, ", ",
                                      [](std::string* out, const ExpressionPtr& argument) {
                                        absl::StrAppend(out, ToString(*argument));
                                      }),
                        ")");
  }

  std::string operator()(const Aggregation& aggregation) const {
    std::string out(NameOf(aggregation.op));
    if (aggregation.grouping.without || !aggregation.grouping.labels.empty()) {
      absl::StrAppend(&out, aggregation.grouping.without ? " without " : " by ", LabelList(aggregation.grouping.labels),
                      " ");
    }
    absl::StrAppend(&out, "(");
    if (aggregation.parameter) absl::StrAppend(&out, ToString(*aggregation.parameter), ", ");
    return absl::StrCat(out, ToString(*aggregation.expression), ")");
  }

  std::string operator()(const Binary& binary) const {
    return absl::StrCat(ToString(*binary.left), " ", NameOf(binary.op), " ", binary.return_bool ? "bool " : "",
                        MatchingText(binary.matching), ToString(*binary.right));
  }

  std::string operator()(const Negation& negation) const { return absl::StrCat("-", ToString(*negation.expression)); }
  std::string operator()(const Parentheses& parentheses) const {
    return absl::StrCat("(", ToString(*parentheses.expression), ")");
  }

  static std::string MatcherText(const LabelMatcher& matcher) {
    if (matcher.label == kMetricName && matcher.quoted && matcher.op == LabelMatcher::Op::kEqual) {
      return Quoted(matcher.value);
    }
    return absl::StrCat(matcher.quoted || !IsPlainLabel(matcher.label) ? Quoted(matcher.label) : matcher.label,
                        kMatchNames[static_cast<int>(matcher.op)], Quoted(matcher.value));
  }

  static std::string ShiftText(const TimeShift& shift) {
    std::string out;
    switch (shift.at) {
      case TimeShift::At::kEvaluation:
        break;
      case TimeShift::At::kTime:
        absl::StrAppend(&out, " @ ", FormatValue(static_cast<double>(shift.at_ms) / 1000));
        break;
      case TimeShift::At::kStart:
        absl::StrAppend(&out, " @ start()");
        break;
      case TimeShift::At::kEnd:
        absl::StrAppend(&out, " @ end()");
        break;
    }
    if (shift.has_offset) absl::StrAppend(&out, " offset ", Duration(shift.offset_ms));
    return out;
  }

  static std::string MatchingText(const Matching& matching) {
    const bool many_to_one = matching.cardinality == Matching::Cardinality::kManyToOne;
    const bool grouped = many_to_one || matching.cardinality == Matching::Cardinality::kOneToMany;
    if (!matching.on && matching.labels.empty() && !grouped) return "";
    std::string out = absl::StrCat(matching.on ? "on " : "ignoring ", LabelList(matching.labels), " ");
    if (grouped) absl::StrAppend(&out, many_to_one ? "group_left " : "group_right ", LabelList(matching.include), " ");
    return out;
  }
};

}  // namespace

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual; }
bool IsSetOperator(BinaryOp op) { return op >= BinaryOp::kAnd; }
absl::string_view NameOf(AggregateOp op) { return kAggregateNames[static_cast<int>(op)]; }
absl::string_view NameOf(BinaryOp op) { return kBinaryNames[static_cast<int>(op)]; }

absl::string_view NameOf(ValueType type) {
  constexpr absl::string_view kNames[] = {"scalar", "string", "instant vector", "range vector"};
  return kNames[static_cast<int>(type)];
}

const Expression& Unwrapped(const Expression& expression) {
  const auto* parentheses = std::get_if<Parentheses>(&expression.node);
  return parentheses ? Unwrapped(*parentheses->expression) : expression;
}

const Selector* AsSelector(const Expression& expression) { return std::get_if<Selector>(&Unwrapped(expression).node); }

std::string ToString(const Expression& expression) { return std::visit(Writer(), expression.node); }

}  // namespace tributary::promql
