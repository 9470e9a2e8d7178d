#include "cli/fail_condition.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

// What one of these is of the metric's own: 0.001 s in milliseconds is 1. Nothing for what is no unit.
std::optional<double> Factor(absl::string_view suffix, absl::Duration unit) {
  if (suffix.empty()) return 1;
  if (suffix == "%") return 0.01;
  const std::pair<absl::string_view, absl::Duration> times[] = {
      {"ns", absl::Nanoseconds(1)},  {"us", absl::Microseconds(1)}, {"µs", absl::Microseconds(1)},
      {"ms", absl::Milliseconds(1)}, {"s", absl::Seconds(1)},       {"m", absl::Minutes(1)},
      {"h", absl::Hours(1)}};
  for (const auto& [name, length] : times) {
    if (name == suffix) return absl::FDivDuration(length, unit);
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<FailCondition> FailCondition::Parse(absl::string_view text, absl::Duration unit) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  const std::pair<absl::string_view, Compare> compares[] = {
      {">=", Compare::kGreaterOrEqual}, {"<=", Compare::kLessOrEqual}, {"==", Compare::kEqual},
      {"!=", Compare::kNotEqual},       {">", Compare::kGreater},      {"<", Compare::kLess}};
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat(
      "a condition is >, >=, <, <=, == or != and a number, such as '>300ms', '<= 0.5' or '>1%'; found '", text, "'"));
  for (const auto& [sign, compare] : compares) {
    if (!absl::ConsumePrefix(&rest, sign)) continue;
    rest = absl::StripLeadingAsciiWhitespace(rest);
    const size_t end = rest.find_first_not_of("+-.0123456789");
    // An exponent, "1e-3", but not the unit of "1m".
    const size_t digits = end != absl::string_view::npos && (rest[end] == 'e' || rest[end] == 'E')
                              ? rest.find_first_not_of("+-0123456789", end + 1)
                              : end;
    const absl::string_view number = rest.substr(0, digits);
    const absl::string_view suffix =
        digits == absl::string_view::npos ? "" : absl::StripLeadingAsciiWhitespace(rest.substr(digits));
    const std::optional<double> factor = Factor(suffix, unit);
    double limit = 0;
    if (!factor || !absl::SimpleAtod(number, &limit) || !std::isfinite(limit)) return wrong;
    return FailCondition(absl::StrCat(sign, " ", number, suffix), compare, limit * *factor);
  }
  return wrong;
}

bool FailCondition::Holds(double value) const {
  if (std::isnan(value)) return false;
  switch (compare_) {
    case Compare::kLess:
      return value < limit_;
    case Compare::kLessOrEqual:
      return value <= limit_;
    case Compare::kGreater:
      return value > limit_;
    case Compare::kGreaterOrEqual:
      return value >= limit_;
    case Compare::kEqual:
      return value == limit_;
    case Compare::kNotEqual:
      return value != limit_;
  }
  return false;
}

}  // namespace tributary
