#include "tests/promql/series_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proxy/promql/native_histogram.h"
#include "proxy/promql/parser.h"

namespace tributary::promql {
namespace {

using Values = std::vector<std::optional<Point>>;

absl::Status Wrong(absl::string_view word) {
  return absl::InvalidArgumentError(absl::StrCat("not a value: ", word.substr(0, 200)));
}

// Up to the next blank that is in no {{...}}.
absl::string_view TakeWord(absl::string_view& text) {
  size_t end = 0;
  int depth = 0;
  for (; end < text.size() && (depth > 0 || !absl::ascii_isspace(text[end])); ++end) {
    depth += static_cast<int>(text[end] == '{') - static_cast<int>(text[end] == '}');
  }
  const absl::string_view word = text.substr(0, end);
  text = absl::StripLeadingAsciiWhitespace(text.substr(end));
  return word;
}

// x3 at the end of a word; 0 when there is none.
bool TakeRepeats(absl::string_view& word, int64_t& repeats) {
  const size_t at = word.rfind('x');
  repeats = 0;
  if (at == absl::string_view::npos || at < word.rfind('}') + 1) return true;
  if (!absl::SimpleAtoi(word.substr(at + 1), &repeats) || repeats < 0 || repeats > kMaxRepeats) return false;
  word = word.substr(0, at);
  return true;
}

absl::StatusOr<Point> ParsePoint(absl::string_view word) {
  if (word == "stale") return Point{.value = StaleMarker()};
  if (absl::StartsWith(word, "{{")) {
    auto histogram = NativeHistogram::Parse(word);
    if (!histogram.ok()) return histogram.status();
    return Point{.distribution = *histogram};
  }
  Point point;
  if (!absl::SimpleAtod(word, &point.value)) return Wrong(word);
  return point;
}

// Where `1e-3+2` or `{{...}}+{{...}}` has its sign; npos when it has none.
size_t FindSign(absl::string_view word) {
  if (absl::StartsWith(word, "{{")) {
    const size_t end = word.find("}}") + 2;
    return end < word.size() ? end : absl::string_view::npos;
  }
  for (size_t i = 1; i < word.size(); ++i) {
    if ((word[i] == '+' || word[i] == '-') && word[i - 1] != 'e' && word[i - 1] != 'E') return i;
  }
  return absl::string_view::npos;
}

absl::StatusOr<Point> Stepped(const Point& point, const Point& by, double sign) {
  if (!point.distribution != !by.distribution) return absl::InvalidArgumentError("floats and histograms do not add");
  if (!point.distribution) return Point{.value = point.value + sign * by.value};
  const Distribution* others[] = {by.distribution.get()};
  absl::StatusOr<DistributionPtr> next =
      sign > 0 ? point.distribution->Plus(others) : point.distribution->Minus(*by.distribution);
  if (!next.ok()) return next.status();
  return Point{.distribution = *std::move(next)};
}

absl::Status AppendWord(absl::string_view word, Values& values) {
  int64_t repeats = 0;
  if (!TakeRepeats(word, repeats)) return Wrong(word);
  if (word == "_") {
    values.resize(values.size() + static_cast<size_t>(std::max<int64_t>(repeats, 1)));
    return absl::OkStatus();
  }
  const size_t sign = FindSign(word);
  absl::StatusOr<Point> point = ParsePoint(word.substr(0, sign));
  absl::StatusOr<Point> by = Point{};
  if (sign != absl::string_view::npos) by = ParsePoint(word.substr(sign + 1));
  values.emplace_back();
  for (int64_t i = 0; point.ok() && by.ok(); ++i) {
    values.back() = *point;
    if (i == repeats) return absl::OkStatus();
    if (sign != absl::string_view::npos) point = Stepped(*point, *by, word[sign] == '-' ? -1 : 1);
    values.emplace_back();
  }
  return point.ok() ? by.status() : point.status();
}

}  // namespace

absl::StatusOr<Values> ParseValues(absl::string_view text) {
  Values values;
  text = absl::StripAsciiWhitespace(text);
  while (!text.empty()) {
    if (absl::Status status = AppendWord(TakeWord(text), values); !status.ok()) return status;
  }
  return values;
}

absl::StatusOr<Labels> ParseLabels(absl::string_view text) {
  Labels labels;
  if (text == "{}") return labels;
  absl::StatusOr<std::vector<LabelMatcher>> matchers = ParseSelector(text);
  if (!matchers.ok()) return matchers.status();
  for (const LabelMatcher& matcher : *matchers) {
    if (matcher.op != LabelMatcher::Op::kEqual) return absl::InvalidArgumentError(absl::StrCat("not labels: ", text));
    SetLabel(labels, matcher.label, matcher.value);
  }
  return labels;
}

std::pair<absl::string_view, absl::string_view> SplitSeriesLine(absl::string_view line) {
  size_t end = 0;
  bool inside = false;
  bool quoted = false;
  for (; end < line.size() && (inside || !absl::ascii_isspace(line[end])); ++end) {
    if (quoted && line[end] == '\\') {
      ++end;
    } else if (line[end] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      inside = line[end] == '{' || (inside && line[end] != '}');
    }
  }
  end = std::min(end, line.size());
  return {line.substr(0, end), absl::StripLeadingAsciiWhitespace(line.substr(end))};
}

}  // namespace tributary::promql
