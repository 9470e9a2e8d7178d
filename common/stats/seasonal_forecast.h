#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

struct ForecastOptions {
  size_t horizon = 48;       // steps
  size_t day = 24;           // steps a day; the days of a week are `7 * day`
  double confidence = 0.95;  // of the interval
  size_t max_origins = 14;   // of the backtest, a day apart
};

// What one method would have said, from `origins` days before the end, of the steps that followed.
struct MethodScore {
  std::string method;
  double mean_absolute_error = 0;
  size_t origins = 0;
};

struct SeasonalForecast {
  std::string method;  // with the smallest error in the backtest
  std::vector<double> mean;
  std::vector<double> low;  // the interval; never below 0 if no value was
  std::vector<double> high;
  double confidence = 0;
  // Share of the backtest's values that intervals made from the other origins held. NaN with fewer than two origins
  // or twenty values.
  double coverage = 0;
  double trend_per_day = 0;         // 0: none that is surely there
  std::vector<MethodScore> scores;  // best first
  size_t observed = 0;              // values that were numbers

  // `cause`: why coverage cannot be known, or other limits of what is told; empty if there is nothing to say.
  std::string caveat;

  // The errors that the interval was made of, ascending, by day ahead; none for a day that the backtest did not reach.
  // Without any, errors are taken to be normal with `daily_deviation` after a day.
  std::map<size_t, std::vector<double>> errors_by_day;
  double daily_deviation = 0;
  size_t day = 24;

  // The value `ahead` steps after the first forecast one, at rank q of the errors: what one future may bring. Never
  // below 0 if no value was. REQUIRES: ahead < mean.size(), 0 < q < 1.
  double Draw(size_t ahead, double q) const;
  bool never_negative = false;
};

// Forecasts a series with daily and weekly seasons.
//
// Methods:  the day before (seasonal naive), the week before, their mean, the median of the three weeks before, and
//           Holt-Winters with a daily season; the one with the smallest mean absolute error over a rolling-origin
//           backtest is chosen, of those that were tried at least twice if there are such; an origin that tells less
//           than half of the steps is no trial. A trend, the Theil-Sen slope
//           of weekly medians, is added if its 90 % interval excludes 0.
// Interval: quantiles of the backtest's errors, pooled by day ahead (split conformal); without enough of them the
//           spread of one season's changes, growing by the square root of the number of seasons ahead.
// Gaps:     values that are NaN are not known: gaps, holidays that are not to count. Two days must be known.
// Source:   Hyndman, Athanasopoulos, "Forecasting: Principles and Practice" 3rd ed., sections 5.2, 5.5, 5.10; Lei et
//           al., "Distribution-Free Predictive Inference for Regression", JASA 2018.
// Errors:   InvalidArgument: too short a history, all values equal to nothing, options out of range; the message says
//           what is missing.
absl::StatusOr<SeasonalForecast> ForecastSeasonal(absl::Span<const double> history, const ForecastOptions& options);

}  // namespace tributary
