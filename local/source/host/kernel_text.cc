#include "local/source/host/kernel_text.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace tributary {

absl::string_view NextLine(absl::string_view& text) {
  const size_t end = text.find('\n');
  const absl::string_view line = text.substr(0, end);
  text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
  return line;
}

absl::string_view NextField(absl::string_view& line) {
  constexpr absl::string_view kBlanks = " \t\n\r";
  const size_t begin = line.find_first_not_of(kBlanks);
  line.remove_prefix(begin == absl::string_view::npos ? line.size() : begin);
  const absl::string_view field = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(field.size());
  return field;
}

std::optional<uint64_t> ParseCount(absl::string_view field) {
  uint64_t count = 0;
  // SimpleAtoi would take a sign, and blanks.
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(field.begin(), field.end(), is_digit) || !absl::SimpleAtoi(field, &count)) return {};
  return count;
}

std::optional<uint64_t> NextCount(absl::string_view& line) { return ParseCount(NextField(line)); }

std::optional<uint64_t> ParseOnlyCount(absl::string_view text) { return NextCount(text); }

}  // namespace tributary
