#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/parser_impl.h"
#include "proxy/promql/prom_duration.h"

namespace tributary::promql {
namespace {

bool IsLabelName(absl::string_view text) { return PrometheusLabelName(text) == text; }

std::optional<LabelMatcher::Op> MatchOpOf(const Token& token) {
  if (token.Is("=")) return LabelMatcher::Op::kEqual;
  if (token.Is("!=")) return LabelMatcher::Op::kNotEqual;
  if (token.Is("=~")) return LabelMatcher::Op::kMatches;
  if (token.Is("!~")) return LabelMatcher::Op::kNotMatches;
  return std::nullopt;
}

LabelMatcher NameMatcher(std::string name, bool quoted) {
  LabelMatcher matcher;
  matcher.label = std::string(kMetricName);
  matcher.value = std::move(name);
  matcher.quoted = quoted;
  return matcher;
}

bool NamesMetric(const LabelMatcher& matcher) { return matcher.label == kMetricName; }

void SortUnique(std::vector<std::string>& labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
}

}  // namespace

Parser::Result Parser::ParseSelector(std::optional<Token> name) {
  Selector selector;
  const size_t start = name ? name->offset : token_.offset;
  if (TakeIf("{")) {
    while (!At("}")) {
      TRIBUTARY_RETURN_IF_ERROR(ParseMatcher(selector.matchers));
      if (!At("}")) TRIBUTARY_RETURN_IF_ERROR(Expect(",", "label matching"));
    }
    Take();
  }
  const auto named = std::find_if(selector.matchers.begin(), selector.matchers.end(), NamesMetric);
  if (name && named != selector.matchers.end()) {
    return Refuse(start,
                  absl::StrCat("metric name must not be set twice: \"", name->text, "\" or \"", named->value, "\""));
  }
  if (name) selector.matchers.push_back(NameMatcher(std::string(name->text), false));
  return Make(std::move(selector), start);
}

// label="value", "a.label"="value" or "a.name".
absl::Status Parser::ParseMatcher(std::vector<LabelMatcher>& matchers) {
  const bool quoted = token_.kind == Token::Kind::kString;
  if (!quoted && token_.kind != Token::Kind::kIdentifier && token_.kind != Token::Kind::kNumber) {
    return Unexpected("label matching", "a label name or \"}\"");
  }
  Token name = Take();
  if (!quoted && !IsLabelName(name.text)) {
    return Refuse(name.offset, absl::StrCat("invalid label name \"", name.text, "\"; quote it"));
  }
  if (quoted && name.string.empty()) return Refuse(name.offset, "a name must not be empty");
  const std::optional<LabelMatcher::Op> op = MatchOpOf(token_);
  if (!op && quoted && (At(",") || At("}"))) {
    const auto named = std::find_if(matchers.begin(), matchers.end(), NamesMetric);
    if (named != matchers.end()) {
      return Refuse(name.offset,
                    absl::StrCat("metric name must not be set twice: \"", named->value, "\" or \"", name.string, "\""));
    }
    matchers.push_back(NameMatcher(std::move(name.string), true));
    return absl::OkStatus();
  }
  if (!op) return Unexpected("label matching", "one of \"=\", \"!=\", \"=~\" or \"!~\"");
  Take();
  if (token_.kind != Token::Kind::kString) return Unexpected("label matching", "a string in quotes");
  LabelMatcher matcher;
  matcher.label = quoted ? std::move(name.string) : std::string(name.text);
  matcher.op = *op;
  matcher.value = Take().string;
  matcher.quoted = quoted;
  matchers.push_back(std::move(matcher));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Parser::ParseLabelList() {
  std::vector<std::string> labels;
  TRIBUTARY_RETURN_IF_ERROR(Expect("(", "grouping opts"));
  while (!At(")")) {
    const bool quoted = token_.kind == Token::Kind::kString;
    const bool word = token_.kind == Token::Kind::kIdentifier || token_.kind == Token::Kind::kNumber;
    if (!quoted && !(word && IsLabelName(token_.text))) return Unexpected("grouping opts", "label");
    Token label = Take();
    labels.push_back(quoted ? std::move(label.string) : std::string(label.text));
    if (!At(")")) TRIBUTARY_RETURN_IF_ERROR(Expect(",", "grouping opts"));
  }
  Take();
  SortUnique(labels);
  return labels;
}

// 5m, or a number of seconds.
absl::StatusOr<int64_t> Parser::ParseDurationMs(absl::string_view where, bool may_be_negative) {
  const bool negative = may_be_negative && At("-");
  if (may_be_negative && (At("-") || At("+"))) Take();
  if (token_.kind != Token::Kind::kNumber) return Unexpected(where, "a duration such as 5m");
  const size_t offset = token_.offset;
  if (!(token_.number <= absl::ToDoubleSeconds(kMaxPromDuration))) return Refuse(offset, "duration out of range");
  const int64_t ms = std::llround(Take().number * 1000);
  if (!may_be_negative && ms <= 0) return Refuse(offset, "duration must be greater than 0");
  return negative ? -ms : ms;
}

}  // namespace tributary::promql
