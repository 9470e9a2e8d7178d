#include "common/sink/prometheus_name.h"

#include <cstdint>

#include "absl/strings/ascii.h"

namespace tributary {
namespace {

std::string Mapped(absl::string_view name, bool colon) {
  std::string mapped;
  mapped.reserve(name.size() + 1);
  if (name.empty() || absl::ascii_isdigit(name.front())) mapped.push_back('_');
  for (const char byte : name) {
    const bool kept = absl::ascii_isalnum(byte) || byte == '_' || (colon && byte == ':');
    mapped.push_back(kept ? byte : '_');
  }
  return mapped;
}

// Bytes of the well-formed UTF-8 sequence that `text` starts with, 0 when there is none: Unicode 15, table 3-7.
size_t SequenceSize(absl::string_view text) {
  const auto at = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xC2 && first <= 0xDF   ? 2
                      : first >= 0xE0 && first <= 0xEF ? 3
                      : first >= 0xF0 && first <= 0xF4 ? 4
                                                       : 0;
  if (size == 0 || text.size() < size) return 0;
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;   // no overlong forms
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;  // no surrogates, nothing above U+10FFFF
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (at(i) < 0x80 || at(i) > 0xBF) return 0;
  }
  return size;
}

}  // namespace

std::string PrometheusMetricName(absl::string_view name) { return Mapped(name, true); }

std::string PrometheusLabelName(absl::string_view name) { return Mapped(name, false); }

std::string ValidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t size = SequenceSize(text);
    if (size == 0) {
      valid.append("\xEF\xBF\xBD");
    } else {
      valid.append(text.data(), size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return valid;
}

}  // namespace tributary
