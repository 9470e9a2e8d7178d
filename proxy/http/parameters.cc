#include "proxy/http/parameters.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/promql/prom_duration.h"

namespace tributary {
namespace {

constexpr int64_t kEndOfYear9999 = 253'402'300'800;

absl::Status Bad(absl::string_view name, absl::string_view text, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("the parameter \"", name, "\" is ", wanted, ", not \"",
                                                 absl::Utf8SafeCHexEscape(text.substr(0, 64)), "\""));
}

std::optional<absl::Time> ParseTime(absl::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    if (!(seconds >= 0 && seconds < static_cast<double>(kEndOfYear9999))) return std::nullopt;
    return absl::FromUnixMillis(static_cast<int64_t>(seconds * 1000 + 0.5));
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return std::nullopt;
  if (time < absl::UnixEpoch() || time >= absl::FromUnixSeconds(kEndOfYear9999)) return std::nullopt;
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

std::optional<absl::Duration> ParseSeconds(absl::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    if (!(seconds >= 0 && seconds < absl::ToDoubleSeconds(kMaxPromDuration))) return std::nullopt;
    return absl::Seconds(seconds);
  }
  return ParsePromDuration(text);
}

}  // namespace

absl::StatusOr<std::optional<absl::Time>> TimeParameter(const HttpRequest& request, absl::string_view name) {
  const absl::string_view text = request.Parameter(name).value_or("");
  if (text.empty()) return std::nullopt;
  const std::optional<absl::Time> time = ParseTime(text);
  if (!time) return Bad(name, text, "Unix seconds or RFC 3339");
  return time;
}

absl::StatusOr<std::optional<absl::Duration>> DurationParameter(const HttpRequest& request, absl::string_view name) {
  const absl::string_view text = request.Parameter(name).value_or("");
  if (text.empty()) return std::nullopt;
  const std::optional<absl::Duration> duration = ParseSeconds(text);
  if (!duration || *duration <= absl::ZeroDuration())
    return Bad(name, text, "seconds or a duration such as 30s, more than 0");
  return duration;
}

}  // namespace tributary
