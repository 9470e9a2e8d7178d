#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/stats/seasonal_forecast.h"

namespace tributary {

// To the minute, for sentences: "2026-01-15T09:00Z".
std::string MinuteText(absl::Time time);

// A stretch of time whose load was not everyday traffic: a load test, a holiday.
struct Span {
  absl::Time from;
  absl::Time to;
  bool Meets(absl::Time start, absl::Time end) const { return from < end && start < to; }
};

// What came hour by hour. A value.
struct HourlySeries {
  absl::Time start;            // of the first hour
  std::vector<double> values;  // NaN: not known

  absl::Time TimeOf(size_t i) const { return start + absl::Hours(1) * static_cast<int64_t>(i); }
  // Hours that meet one of these are not known. Days are dropped the same way.
  void Forget(const std::vector<Span>& spans);
  // Hours before the first known one go.
  void TrimStart();
  // Days of which at least half is known: each has a peak to compare with.
  size_t KnownDays() const;
  size_t KnownHours() const;
  // Of those that are known; NaN without any.
  double Highest() const;
  double Newest() const;
};

struct HourlyForecast {
  absl::Time start;  // of the first hour ahead
  SeasonalForecast forecast;

  absl::Time TimeOf(size_t ahead) const { return start + absl::Hours(1) * static_cast<int64_t>(ahead); }
  // The hour that holds `time`. REQUIRES: within the forecast.
  size_t HourOf(absl::Time time) const;
};

// Up to `until`, from the end of the history on. Errors: as ForecastSeasonal's, in words about this history; `until` is
// before its end or more than 60 days after it.
constexpr absl::Duration kFarthest = absl::Hours(60 * 24);
absl::StatusOr<HourlyForecast> ForecastHours(const HourlySeries& history, absl::Time until, double confidence);

}  // namespace tributary
