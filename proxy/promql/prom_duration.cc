#include "proxy/promql/prom_duration.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

struct Unit {
  absl::string_view name;
  int64_t milliseconds;
};

constexpr Unit kUnits[] = {{"y", 365 * 86'400'000LL},
                           {"w", 7 * 86'400'000LL},
                           {"d", 86'400'000},
                           {"h", 3'600'000},
                           {"m", 60'000},
                           {"s", 1'000},
                           {"ms", 1}};

absl::string_view TakeWhile(absl::string_view& text, bool (*accept)(unsigned char)) {
  size_t size = 0;
  while (size < text.size() && accept(static_cast<unsigned char>(text[size]))) ++size;
  const absl::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

}  // namespace

std::optional<absl::Duration> ParsePromDuration(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  absl::Duration sum;
  size_t next_unit = 0;  // units before it have been used or passed over
  while (!text.empty()) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(TakeWhile(text, absl::ascii_isdigit), &number)) return std::nullopt;
    const absl::string_view name = TakeWhile(text, absl::ascii_isalpha);
    while (next_unit < std::size(kUnits) && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(kUnits)) return std::nullopt;
    sum += number * absl::Milliseconds(kUnits[next_unit++].milliseconds);  // saturates
    if (sum > kMaxPromDuration) return std::nullopt;
  }
  return sum;
}

std::string FormatPromDuration(absl::Duration duration) {
  int64_t rest = absl::ToInt64Milliseconds(duration);
  std::string text;
  for (const Unit& unit : kUnits) {
    if (rest / unit.milliseconds == 0) continue;
    absl::StrAppend(&text, rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace tributary
