#include "proxy/capacity/demand.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "common/base/check.h"

namespace tributary {
namespace {

constexpr size_t kDay = 24;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool IsKnown(double value) { return !std::isnan(value); }

}  // namespace

std::string MinuteText(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%MZ", time, absl::UTCTimeZone()); }

void HourlySeries::Forget(const std::vector<Span>& spans) {
  for (size_t i = 0; i < values.size(); ++i) {
    const auto meets = [&](const Span& span) { return span.Meets(TimeOf(i), TimeOf(i + 1)); };
    if (std::any_of(spans.begin(), spans.end(), meets)) values[i] = kUnknown;
  }
}

void HourlySeries::TrimStart() {
  const auto first = std::find_if(values.begin(), values.end(), IsKnown);
  start = TimeOf(static_cast<size_t>(first - values.begin()));
  values.erase(values.begin(), first);
}

size_t HourlySeries::KnownDays() const {
  size_t days = 0;
  for (size_t end = values.size(); end >= kDay; end -= kDay) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(end - kDay);
    days += std::count_if(first, first + kDay, IsKnown) >= static_cast<std::ptrdiff_t>(kDay / 2) ? 1 : 0;
  }
  return days;
}

size_t HourlySeries::KnownHours() const {
  return static_cast<size_t>(std::count_if(values.begin(), values.end(), IsKnown));
}

double HourlySeries::Highest() const {
  double highest = kUnknown;
  for (const double value : values) {
    if (IsKnown(value) && !(value <= highest)) highest = value;
  }
  return highest;
}

double HourlySeries::Newest() const {
  const auto newest = std::find_if(values.rbegin(), values.rend(), IsKnown);
  return newest == values.rend() ? kUnknown : *newest;
}

size_t HourlyForecast::HourOf(absl::Time time) const {
  const int64_t hour = (time - start) / absl::Hours(1);
  TRIBUTARY_CHECK(hour >= 0 && static_cast<size_t>(hour) < forecast.mean.size());
  return static_cast<size_t>(hour);
}

absl::StatusOr<HourlyForecast> ForecastHours(const HourlySeries& history, absl::Time until, double confidence) {
  const absl::Time end = history.TimeOf(history.values.size());
  if (until <= end) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is not after the history, which ends at %s", MinuteText(until), MinuteText(end)));
  }
  if (until - end > kFarthest) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is more than 60 days away: no forecast reaches so far", MinuteText(until)));
  }
  if (history.KnownHours() < 2 * kDay) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "too little history: %d hours are known, a forecast needs 48, and 7 days tell the week", history.KnownHours()));
  }
  ForecastOptions options;
  options.day = kDay;
  options.confidence = confidence;
  options.horizon = static_cast<size_t>(absl::Ceil(until - end, absl::Hours(1)) / absl::Hours(1));
  absl::StatusOr<SeasonalForecast> forecast = ForecastSeasonal(history.values, options);
  if (!forecast.ok()) return absl::FailedPreconditionError(forecast.status().message());
  return HourlyForecast{end, *std::move(forecast)};
}

}  // namespace tributary
