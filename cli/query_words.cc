#include "cli/query_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace tributary {
namespace {

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

// What the query language takes without quotes.
bool IsPlain(absl::string_view name) {
  const auto plain = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == ':' || c == '.'; };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) && name[0] != '.' &&
         name.back() != '.' && !absl::StrContains(name, "..") && std::all_of(name.begin(), name.end(), plain);
}

std::string LabelName(absl::string_view label) {
  return IsPlain(label) && !absl::StrContains(label, '.') && !absl::StrContains(label, ':') ? std::string(label)
                                                                                            : Quoted(label);
}

absl::StatusOr<std::string> Matcher(absl::string_view where) {
  const size_t op = where.find_first_of("=!");
  const size_t op_size = op != absl::string_view::npos && where.size() > op + 1 &&
                                 (where[op + 1] == '~' || (where[op] == '!' && where[op + 1] == '='))
                             ? 2
                             : 1;
  if (op == 0 || op == absl::string_view::npos || (op_size == 1 && where[op] == '!')) {
    return absl::InvalidArgumentError(
        absl::StrCat("--where takes label=value, label!=value, label=~regex or label!~regex, not '", where, "'"));
  }
  return absl::StrCat(LabelName(where.substr(0, op)), where.substr(op, op_size), Quoted(where.substr(op + op_size)));
}

std::string Clause(absl::string_view word, const std::vector<std::string>& lists) {
  std::vector<std::string> labels;
  for (const std::string& list : lists) {
    for (const absl::string_view label : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
      labels.push_back(LabelName(absl::StripAsciiWhitespace(label)));
    }
  }
  return lists.empty() ? "" : absl::StrCat(" ", word, " (", absl::StrJoin(labels, ", "), ")");
}

}  // namespace

absl::StatusOr<std::string> QuantileOfPercentile(absl::string_view percentile) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("a percentile is p0 to p100, such as p50 or p99.9; found '", percentile, "'"));
  };
  absl::string_view digits = percentile;
  if (!absl::ConsumePrefix(&digits, "p") && !absl::ConsumePrefix(&digits, "P")) return bad();
  std::string whole(digits.substr(0, digits.find('.')));
  const absl::string_view fraction = whole.size() < digits.size() ? digits.substr(whole.size() + 1) : "";
  const auto all_digits = [](absl::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  };
  if (whole.empty() || whole.size() > 3 || fraction.size() > 12 || !all_digits(whole) || !all_digits(fraction))
    return bad();
  // Moving the point in the text is exact where dividing by 100 is not.
  whole.insert(0, 3 - whole.size(), '0');
  std::string quantile = absl::StrCat(whole.substr(0, 1), ".", whole.substr(1), fraction);
  quantile.erase(quantile.find_last_not_of('0') + 1);
  if (quantile.back() == '.') quantile.pop_back();
  if (quantile[0] != '0' && quantile != "1") return bad();
  return quantile;
}

bool ArePercentiles(absl::string_view text) {
  for (const absl::string_view percentile : absl::StrSplit(text, ',')) {
    if (!QuantileOfPercentile(absl::StripAsciiWhitespace(percentile)).ok()) return false;
  }
  return true;
}

absl::StatusOr<std::string> BuildSelector(const std::string& metric, const std::vector<std::string>& where) {
  if (absl::StrContains(metric, '{')) {
    if (where.empty()) return metric;
    return absl::InvalidArgumentError("give matchers in braces or with --where, not both");
  }
  std::vector<std::string> inside;
  if (!metric.empty() && !IsPlain(metric)) inside.push_back(Quoted(metric));
  for (const std::string& one : where) {
    TRIBUTARY_ASSIGN_OR_RETURN(inside.emplace_back(), Matcher(one));
  }
  return absl::StrCat(IsPlain(metric) ? metric : "",
                      inside.empty() ? "" : absl::StrCat("{", absl::StrJoin(inside, ", "), "}"));
}

absl::StatusOr<std::string> BuildExpression(const QueryWords& words) {
  std::vector<std::string> quantiles;
  for (const absl::string_view percentile : absl::StrSplit(words.percentiles, ',')) {
    TRIBUTARY_ASSIGN_OR_RETURN(quantiles.emplace_back(), QuantileOfPercentile(absl::StripAsciiWhitespace(percentile)));
  }
  if (!words.by.empty() && !words.without.empty()) {
    return absl::InvalidArgumentError("give --by or --without, not both");
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string selector, BuildSelector(words.metric, words.where));
  return absl::StrCat("quantile([", absl::StrJoin(quantiles, ", "), "], ", selector, "[", words.window, "])",
                      Clause("by", words.by), Clause("without", words.without));
}

}  // namespace tributary
