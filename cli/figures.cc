#include "cli/figures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {

std::string CountText(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string DifferenceText(int64_t difference) {
  const uint64_t size = difference < 0 ? 0 - static_cast<uint64_t>(difference) : static_cast<uint64_t>(difference);
  return absl::StrCat(difference < 0 ? "-" : "", CountText(size));
}

std::string RateText(double per_second) {
  if (!(per_second < 1e15)) return "-";  // also NaN
  return per_second < 99.95 ? absl::StrFormat("%.1f", per_second) : CountText(static_cast<uint64_t>(per_second + 0.5));
}

std::string ShareText(double part, double whole) {
  if (whole <= 0) return "0%";
  const double percent = 100 * part / whole;
  if (percent > 0 && percent < 0.05) return "<0.1%";
  return percent == 0 || percent >= 9.95 ? absl::StrFormat("%.0f%%", percent) : absl::StrFormat("%.1f%%", percent);
}

std::string BytesText(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1023.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return unit == 0 || bytes >= 9.95 ? absl::StrFormat("%.0f %s", bytes, kUnits[unit])
                                    : absl::StrFormat("%.1f %s", bytes, kUnits[unit]);
}

std::string AgoText(absl::Duration duration) {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(duration));
  if (seconds < 9.95) return absl::StrFormat("%.1fs", seconds);
  const auto whole = static_cast<int64_t>(std::min(seconds + 0.5, 1e12));
  if (whole < 60) return absl::StrFormat("%ds", whole);
  if (whole < 3600) return absl::StrFormat("%dm%02ds", whole / 60, whole % 60);
  if (whole < 86400) return absl::StrFormat("%dh%02dm", whole / 3600, whole % 3600 / 60);
  return absl::StrFormat("%dd%dh", whole / 86400, whole % 86400 / 3600);
}

std::string TimeText(absl::Time time) { return absl::FormatTime("%H:%M:%S", time, absl::LocalTimeZone()); }

}  // namespace tributary
