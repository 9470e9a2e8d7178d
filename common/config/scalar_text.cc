#include "common/config/scalar_text.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/printable.h"
#include "common/config/units.h"

namespace tributary {
namespace {

std::string Expected(absl::string_view what, absl::string_view text) {
  return absl::StrCat("expected ", what, ", not ", QuoteConfigText(text));
}

// Sets `value` to `parsed` if that lies in the text's range, else says which range it is.
template <class Text, class T>
std::string Accept(const Text& how, const T& parsed, absl::string_view text, T& value) {
  if (how.range.min <= parsed && parsed <= how.range.max) {
    value = parsed;
    return "";
  }
  const bool has_min = how.range.min != Range<T>().min || parsed < how.range.min;
  const bool has_max = how.range.max != Range<T>().max || parsed > how.range.max;
  const std::string min = how.Format(how.range.min), max = how.Format(how.range.max);
  const std::string bounds = has_min && has_max ? absl::StrCat("between ", min, " and ", max)
                             : has_min          ? absl::StrCat("at least ", min)
                                                : absl::StrCat("at most ", max);
  return absl::StrCat("must be ", bounds, ", not ", QuoteConfigText(text));
}

// " 1..64", " 4MiB.." or "": what Accept lets pass.
template <class T, class Text>
std::string FormatRange(const Text& how) {
  const bool has_min = how.range.min != Range<T>().min;
  const bool has_max = how.range.max != Range<T>().max;
  if (!has_min && !has_max) return "";
  return absl::StrCat(" ", has_min ? how.Format(how.range.min) : "", "..", has_max ? how.Format(how.range.max) : "");
}

// Outside YAML's plain style: empty, null, or holding what would end or change it.
bool NeedsQuotes(absl::string_view text) {
  return text.empty() || text == "null" || text == "~" ||
         text.find_first_of(":#{}[],&*!|>'\"%@`\\\n\t") != absl::string_view::npos || text.front() == ' ' ||
         text.back() == ' ' || text.front() == '-' || text.front() == '?';
}

}  // namespace

std::string QuoteConfigText(absl::string_view text) {
  constexpr size_t kShown = 64;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShown)), text.size() > kShown ? "..." : "", "\"");
}

std::string StringText::Parse(absl::string_view text, std::string& value) const {
  value = std::string(text);
  return "";
}

std::string StringText::Format(const std::string& value) const {
  if (!NeedsQuotes(value)) return Printable(value);
  return absl::StrCat("\"", Printable(absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}})), "\"");
}

std::string BoolText::Parse(absl::string_view text, bool& value) const {
  if (text != "true" && text != "false") return Expected("true or false", text);
  value = text == "true";
  return "";
}

template <class T>
std::string IntegerText<T>::type() const {
  return absl::StrCat("integer", FormatRange<T>(*this));
}

template <class T>
std::string IntegerText<T>::Parse(absl::string_view text, T& value) const {
  T parsed;
  if (absl::SimpleAtoi(text, &parsed)) return Accept(*this, parsed, text, value);
  double number;
  if (absl::SimpleAtod(text, &number) && std::trunc(number) == number) return Expected("a smaller integer", text);
  return Expected("an integer", text);
}

template <class T>
std::string IntegerText<T>::Format(T value) const {
  return absl::StrCat(value);
}

template struct IntegerText<int>;
template struct IntegerText<int64_t>;
template struct IntegerText<uint32_t>;
template struct IntegerText<uint64_t>;

std::string NumberText::type() const { return absl::StrCat("number", FormatRange<double>(*this)); }

std::string NumberText::Parse(absl::string_view text, double& value) const {
  double parsed;
  if (!absl::SimpleAtod(text, &parsed) || !std::isfinite(parsed)) return Expected("a number", text);
  return Accept(*this, parsed, text, value);
}

std::string NumberText::Format(double value) const {
  char shortest[32];
  const auto end = std::to_chars(std::begin(shortest), std::end(shortest), value).ptr;
  return std::string(shortest, end);
}

std::string DurationText::type() const { return absl::StrCat("duration", FormatRange<absl::Duration>(*this)); }

std::string DurationText::Parse(absl::string_view text, absl::Duration& value) const {
  const std::optional<absl::Duration> parsed = ParseDuration(text);
  if (!parsed) return Expected("a duration such as 10s or 1h30m", text);
  return Accept(*this, *parsed, text, value);
}

std::string BytesText::type() const { return absl::StrCat("bytes", FormatRange<uint64_t>(*this)); }

std::string BytesText::Parse(absl::string_view text, uint64_t& value) const {
  const std::optional<uint64_t> parsed = ParseByteSize(text);
  if (!parsed) return Expected("a size such as 64MiB or 8KB", text);
  return Accept(*this, *parsed, text, value);
}

std::string BytesText::Format(uint64_t value) const { return FormatByteSize(value); }

std::string ChoiceText::type() const { return absl::StrJoin(names, " | "); }

std::string ChoiceText::Parse(absl::string_view text, int& value) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != text) continue;
    value = static_cast<int>(i);
    return "";
  }
  return Expected(absl::StrJoin(names, " or "), text);
}

}  // namespace tributary
