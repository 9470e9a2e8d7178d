#include "common/base/printable.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace tributary {
namespace {

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

bool IsControl(uint32_t code_point) { return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0); }

// The bytes of the printable character that `text` begins with; 0 when it is none. RFC 3629 section 4: shortest form
// only, no surrogates, nothing above U+10FFFF.
size_t CharacterBytes(absl::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return IsControl(first) ? 0 : 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  uint32_t code_point = first & (0x7F >> size);
  for (const char byte : text.substr(1, size - 1)) {
    if (!IsContinuation(byte)) return 0;
    code_point = code_point << 6 | (static_cast<uint8_t>(byte) & 0x3F);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
  const bool sound = code_point >= kLeast[size] && code_point <= 0x10FFFF && !surrogate;
  return sound && !IsControl(code_point) ? size : 0;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (size == 0) absl::StrAppendFormat(&printable, "\\x%02x", static_cast<uint8_t>(text[0]));
    printable.append(text.data(), size);
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return printable;
}

}  // namespace tributary
