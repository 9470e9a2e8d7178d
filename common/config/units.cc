#include "common/config/units.h"

#include <array>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

struct ByteUnit {
  absl::string_view suffix;
  uint64_t bytes;
};

// Binary ones first and largest first: that is the order FormatByteSize tries them in.
constexpr std::array<ByteUnit, 9> kByteUnits = {{{"TiB", 1ULL << 40},
                                                 {"GiB", 1ULL << 30},
                                                 {"MiB", 1ULL << 20},
                                                 {"KiB", 1ULL << 10},
                                                 {"TB", 1'000'000'000'000},
                                                 {"GB", 1'000'000'000},
                                                 {"MB", 1'000'000},
                                                 {"KB", 1'000},
                                                 {"B", 1}}};

bool IsNumberStart(char c) { return absl::ascii_isdigit(c) || c == '.'; }

std::optional<uint64_t> UnitBytes(absl::string_view suffix) {
  if (suffix.empty()) return 1;
  for (const ByteUnit& unit : kByteUnits) {
    if (unit.suffix == suffix) return unit.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  int64_t days;
  if (!text.empty() && text.back() == 'd' && absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    duration = absl::Hours(24) * days;
  } else if (!absl::ParseDuration(text, &duration)) {
    return std::nullopt;
  }
  if (duration < absl::ZeroDuration() || duration == absl::InfiniteDuration()) return std::nullopt;
  return duration;
}

std::optional<uint64_t> ParseByteSize(absl::string_view text) {
  constexpr uint64_t kMost = (1ULL << 63) - 1;
  size_t digits = 0;
  while (digits < text.size() && IsNumberStart(text[digits])) ++digits;
  const absl::string_view number = text.substr(0, digits);
  const std::optional<uint64_t> unit = UnitBytes(absl::StripLeadingAsciiWhitespace(text.substr(digits)));
  if (!unit) return std::nullopt;

  uint64_t whole;
  if (absl::SimpleAtoi(number, &whole)) {
    if (whole > kMost / *unit) return std::nullopt;
    return whole * *unit;
  }
  double fraction;
  if (!absl::SimpleAtod(number, &fraction)) return std::nullopt;
  const double bytes = std::round(fraction * static_cast<double>(*unit));
  if (!(bytes < 0x1p63)) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

std::string FormatByteSize(uint64_t bytes) {
  for (const ByteUnit& unit : kByteUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) return absl::StrCat(bytes / unit.bytes, unit.suffix);
  }
  return "0B";
}

}  // namespace tributary
