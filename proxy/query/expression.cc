#include "proxy/query/expression.h"

#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proxy/promql/prom_duration.h"
#include "proxy/query/token.h"

namespace tributary {
namespace {

absl::string_view Spelling(LabelMatcher::Op op) {
  switch (op) {
    case LabelMatcher::Op::kEqual:
      return "=";
    case LabelMatcher::Op::kNotEqual:
      return "!=";
    case LabelMatcher::Op::kMatches:
      return "=~";
    case LabelMatcher::Op::kNotMatches:
      return "!~";
  }
  return "";
}

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

std::string LabelName(absl::string_view label) { return IsIdentifier(label) ? std::string(label) : Quoted(label); }

std::string QuantileList(const QuantileExpression& expression) {
  const std::string list = absl::StrJoin(
      expression.quantiles, ", ", [](std::string* out, double quantile) { out->append(FormatNumber(quantile)); });
  return expression.is_list ? absl::StrCat("[", list, "]") : list;
}

std::string Clause(const Grouping& grouping) {
  if (grouping.labels.empty() && !grouping.without) return "";
  const std::string labels = absl::StrJoin(
      grouping.labels, ", ", [](std::string* out, const std::string& label) { out->append(LabelName(label)); });
  return absl::StrCat(grouping.without ? " without (" : " by (", labels, ")");
}

}  // namespace

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char digits[400];  // 309 before the point, or 324 zeros and 17 digits after it
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed);
  return std::string(digits, end.ptr);
}

std::string ToString(const RangeSelector& selector) {
  const bool bare = !selector.exact_name && IsIdentifier(selector.name);
  std::vector<std::string> inside;
  if (!bare) inside.push_back(Quoted(selector.name));
  for (const LabelMatcher& matcher : selector.matchers) {
    inside.push_back(absl::StrCat(LabelName(matcher.label), Spelling(matcher.op), Quoted(matcher.value)));
  }
  return absl::StrCat(bare ? selector.name : "",
                      inside.empty() ? "" : absl::StrCat("{", absl::StrJoin(inside, ", "), "}"), "[",
                      FormatPromDuration(selector.window), "]");
}

std::string ToString(const QuantileExpression& expression) {
  return absl::StrCat("quantile(", QuantileList(expression), ", ", ToString(expression.selector), ")",
                      Clause(expression.grouping));
}

}  // namespace tributary
