#include "common/statsd/decimal.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

// Integers of so many digits, and these powers of ten, are doubles; so one division rounds once, and right.
// Source: Clinger, "How to read floating point numbers accurately", PLDI 1990.
constexpr size_t kExactDigits = 15;
constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// "12", "15.5", ".5", "5.": no exponent, few digits. False for all else, numbers or not.
bool ReadShort(absl::string_view text, double& number) {
  if (text.empty() || text.size() > kExactDigits) return false;
  uint64_t digits = 0;
  size_t point = text.size() - 1;  // where it is; as if after the last digit
  bool pointed = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto digit = static_cast<unsigned char>(text[i] - '0');
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (text[i] == '.' && !pointed && text.size() > 1) {
      pointed = true;
      point = i;
    } else {
      return false;
    }
  }
  number = static_cast<double>(digits) / kPowersOfTen[text.size() - 1 - point];
  return true;
}

// std::from_chars alone takes "inf" and "nan".
bool ReadAny(absl::string_view text, double& number) {
  if (text.empty() || !(absl::ascii_isdigit(text.front()) || text.front() == '.')) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

bool ReadDecimal(absl::string_view text, double& number) {
  const bool minus = absl::ConsumePrefix(&text, "-");
  if (!minus) absl::ConsumePrefix(&text, "+");
  if (!ReadShort(text, number) && !ReadAny(text, number)) return false;
  if (minus) number = -number;
  return true;
}

}  // namespace tributary
