#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "proxy/promql/function_groups.h"
#include "re2/re2.h"

namespace tributary::promql {
namespace {

// Sets it, or removes it where there is nothing to say.
void ReplaceLabel(Labels& labels, const std::string& name, const std::string& value) {
  if (value.empty()) {
    RemoveLabel(labels, name);
  } else {
    SetLabel(labels, name, value);
  }
}

absl::Status CheckLabelName(absl::string_view function, const std::string& name, absl::string_view position) {
  if (!name.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("invalid label name in ", function, "(): \"\"", position));
}

// The characters of a group's name: the longest run of letters, digits and _.
absl::string_view TakeGroupName(absl::string_view& rest) {
  size_t length = 0;
  while (length < rest.size() && (absl::ascii_isalnum(rest[length]) || rest[length] == '_')) ++length;
  const absl::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

// $name, ${name} and $$ stand for what they do in Go's regexp.Expand: groups by number or name, and unknown ones for
// nothing; a $ that begins none of these stands for itself.
class Replacement {
 public:
  Replacement(absl::string_view text, const RE2& regex) : text_(text), names_(regex.NamedCapturingGroups()) {}

  std::string Expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    absl::string_view rest = text_;
    while (!rest.empty()) {
      const size_t dollar = std::min(rest.find('$'), rest.size());
      absl::StrAppend(&out, rest.substr(0, dollar));
      rest.remove_prefix(dollar);
      if (!rest.empty()) AppendReference(rest, groups, out);
    }
    return out;
  }

 private:
  // At a $.
  void AppendReference(absl::string_view& rest, const std::vector<re2::StringPiece>& groups, std::string& out) const {
    rest.remove_prefix(1);
    if (absl::ConsumePrefix(&rest, "$")) {
      out.push_back('$');
      return;
    }
    absl::string_view ahead = rest;
    const bool braced = absl::ConsumePrefix(&ahead, "{");
    const absl::string_view name = TakeGroupName(ahead);
    if (name.empty() || (braced && !absl::ConsumePrefix(&ahead, "}"))) {
      out.push_back('$');
      return;
    }
    rest = ahead;
    const size_t group = IndexOf(name);
    if (group < groups.size()) out.append(groups[group].data(), groups[group].size());
  }

  size_t IndexOf(absl::string_view name) const {
    uint32_t number = 0;
    if (absl::SimpleAtoi(name, &number)) return number;
    const auto found = names_.find(std::string(name));
    return found == names_.end() ? SIZE_MAX : static_cast<size_t>(found->second);
  }

  const std::string text_;
  const std::map<std::string, int>& names_;
};

absl::StatusOr<std::unique_ptr<RE2>> CompileAnchored(const std::string& text, absl::string_view position) {
  RE2::Options options(RE2::Quiet);
  options.set_dot_nl(true);
  auto regex = std::make_unique<RE2>(absl::StrCat("^(?:", text, ")$"), options);
  if (regex->ok()) return regex;
  return absl::InvalidArgumentError(
      absl::StrCat("invalid regular expression in label_replace(): ", text, ": ", regex->error(), position));
}

// label_replace(v, to, replacement, from, regex)
absl::StatusOr<std::vector<Series>> LabelReplace(GridCall& call) {
  const std::string& to = call.arguments[1].text;
  const std::string& from = call.arguments[3].text;
  if (absl::Status status = CheckLabelName("label_replace", to, call.position); !status.ok()) return status;
  auto regex = CompileAnchored(call.arguments[4].text, call.position);
  if (!regex.ok()) return regex.status();
  const Replacement replacement(call.arguments[2].text, **regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>((*regex)->NumberOfCapturingGroups()) + 1);
  std::vector<Series> result = std::move(call.arguments[0].series);
  for (Series& series : result) {
    const std::string value(LabelValue(series.labels, from));
    if ((*regex)->Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
      ReplaceLabel(series.labels, to, replacement.Expand(groups));
    }
  }
  return result;
}

// label_join(v, to, separator, from...)
absl::StatusOr<std::vector<Series>> LabelJoin(GridCall& call) {
  const std::string& to = call.arguments[1].text;
  if (absl::Status status = CheckLabelName("label_join", to, call.position); !status.ok()) return status;
  std::vector<Series> result = std::move(call.arguments[0].series);
  for (Series& series : result) {
    std::vector<absl::string_view> values;
    for (size_t i = 3; i < call.arguments.size(); ++i) {
      values.push_back(LabelValue(series.labels, call.arguments[i].text));
    }
    ReplaceLabel(series.labels, to, absl::StrJoin(values, call.arguments[2].text));
  }
  return result;
}

// Only an instant has an order. NaN is last either way; distributions have no order and are left out.
std::vector<Series> SortByValue(GridCall& call, bool descending) {
  std::vector<Series> result = std::move(call.arguments[0].series);
  if (call.grid.count != 1) return result;
  std::erase_if(result, [](const Series& series) { return series.points[0].distribution != nullptr; });
  std::stable_sort(result.begin(), result.end(), [&](const Series& a, const Series& b) {
    const double x = a.points[0].value;
    const double y = b.points[0].value;
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? x > y : x < y;
  });
  return result;
}

absl::StatusOr<std::vector<Series>> Sort(GridCall& call) { return SortByValue(call, false); }
absl::StatusOr<std::vector<Series>> SortDescending(GridCall& call) { return SortByValue(call, true); }

// Takes the run of digits, or of others, that begins the text.
absl::string_view TakeRun(absl::string_view& text) {
  size_t length = 1;
  while (length < text.size() && absl::ascii_isdigit(text[length]) == absl::ascii_isdigit(text[0])) ++length;
  const absl::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

absl::string_view WithoutZeros(absl::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

// Digits by the number they write: cpu2 before cpu10.
int CompareNaturally(absl::string_view a, absl::string_view b) {
  while (!a.empty() && !b.empty()) {
    absl::string_view x = TakeRun(a);
    absl::string_view y = TakeRun(b);
    if (absl::ascii_isdigit(x[0]) && absl::ascii_isdigit(y[0])) {
      x = WithoutZeros(x);
      y = WithoutZeros(y);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    }
    if (const int order = x.compare(y); order != 0) return order;
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

std::vector<Series> SortByLabels(GridCall& call, bool descending) {
  std::vector<Series> result = std::move(call.arguments[0].series);
  if (call.grid.count != 1) return result;
  std::sort(result.begin(), result.end(), [&](const Series& a, const Series& b) {
    for (size_t i = 1; i < call.arguments.size(); ++i) {
      const std::string& label = call.arguments[i].text;
      const int order = CompareNaturally(LabelValue(a.labels, label), LabelValue(b.labels, label));
      if (order != 0) return descending ? order > 0 : order < 0;
    }
    return descending ? a.labels > b.labels : a.labels < b.labels;
  });
  return result;
}

absl::StatusOr<std::vector<Series>> SortByLabel(GridCall& call) { return SortByLabels(call, false); }
absl::StatusOr<std::vector<Series>> SortByLabelDescending(GridCall& call) { return SortByLabels(call, true); }

}  // namespace

std::vector<Function> LabelFunctions() {
  using enum ValueType;
  return {
      {.name = "label_replace", .arguments = {kVector, kString, kString, kString, kString}, .over_grid = LabelReplace},
      {.name = "label_join", .arguments = {kVector, kString, kString, kString}, .optional = -1, .over_grid = LabelJoin},
      {.name = "sort", .arguments = {kVector}, .over_grid = Sort},
      {.name = "sort_desc", .arguments = {kVector}, .over_grid = SortDescending},
      {.name = "sort_by_label", .arguments = {kVector, kString}, .optional = -1, .over_grid = SortByLabel},
      {.name = "sort_by_label_desc",
       .arguments = {kVector, kString},
       .optional = -1,
       .over_grid = SortByLabelDescending},
  };
}

}  // namespace tributary::promql
