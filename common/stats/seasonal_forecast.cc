#include "common/stats/seasonal_forecast.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/stats/sample.h"
#include "common/stats/seasonal_methods.h"

namespace tributary {
namespace {

constexpr size_t kMaxHorizonDays = 366;
constexpr size_t kMinErrors = 20;  // of a day ahead, for their quantiles to mean something; and for coverage

// The values of `method` with the trend since what it repeats added, from the end of `history`.
std::vector<double> Extrapolate(const SeasonalMethod& method, absl::Span<const double> history, double trend,
                                size_t day, size_t horizon) {
  std::vector<double> values = method.forecast(history, day, horizon);
  if (trend == 0 || method.forecast == SeasonalMethods().back().forecast) return values;  // smoothing has its own
  const bool weekly = &method != &SeasonalMethods()[0];
  const size_t season = weekly ? 7 * day : day;
  for (size_t ahead = 0; ahead < horizon; ++ahead) {
    values[ahead] += trend * static_cast<double>((ahead / season + 1) * season);
  }
  return values;
}

// Errors of one method in the backtest: by origin, then by step ahead; NaN where nothing was forecast or known.
using Errors = std::vector<std::vector<double>>;

struct Backtest {
  const SeasonalMethod* method = nullptr;
  Errors errors;
  double mean_absolute_error = std::numeric_limits<double>::infinity();
  size_t origins = 0;
};

class Forecaster {
 public:
  Forecaster(absl::Span<const double> history, const ForecastOptions& options) : history_(history), options_(options) {}

  absl::StatusOr<SeasonalForecast> Run() {
    std::vector<Backtest> tests;
    for (const SeasonalMethod& method : SeasonalMethods()) tests.push_back(TestOf(method));
    // A method that was tried once may have been lucky, and nothing is known of its intervals.
    std::stable_sort(tests.begin(), tests.end(), [](const Backtest& a, const Backtest& b) {
      return std::pair(a.origins < 2, a.mean_absolute_error) < std::pair(b.origins < 2, b.mean_absolute_error);
    });
    const double trend = TrendPerStep(history_, options_.day);
    // The best that also knows what comes next: gaps may lie elsewhere at the end.
    const auto chosen = std::find_if(tests.begin(), tests.end(), [&](const Backtest& test) {
      forecast_.mean = Extrapolate(*test.method, history_, trend, options_.day, options_.horizon);
      return std::none_of(forecast_.mean.begin(), forecast_.mean.end(), [](double value) { return std::isnan(value); });
    });
    if (chosen == tests.end()) {
      return absl::InvalidArgumentError(
          "the history has gaps at the same time of every day: there is nothing to go by");
    }
    forecast_.method = chosen->method->name;
    forecast_.trend_per_day = trend * static_cast<double>(options_.day);
    forecast_.confidence = options_.confidence;
    for (const Backtest& test : tests) {
      if (test.origins > 0) {
        forecast_.scores.push_back({test.method->name, test.mean_absolute_error, test.origins});
      }
    }
    AddInterval(chosen->errors);
    return std::move(forecast_);
  }

 private:
  Backtest TestOf(const SeasonalMethod& method) const {
    Backtest test;
    test.method = &method;
    double sum = 0;
    size_t count = 0;
    for (size_t origin = 1; origin <= options_.max_origins; ++origin) {
      const size_t held_back = origin * options_.day;
      if (held_back + 2 * options_.day > history_.size()) break;
      const absl::Span<const double> known = history_.first(history_.size() - held_back);
      const size_t horizon = std::min(options_.horizon, held_back);
      const double trend = TrendPerStep(known, options_.day);
      std::vector<double> errors = Extrapolate(method, known, trend, options_.day, horizon);
      std::vector<double> known_errors;
      for (size_t ahead = 0; ahead < horizon; ++ahead) {
        errors[ahead] = history_[known.size() + ahead] - errors[ahead];
        if (std::isnan(errors[ahead])) continue;
        known_errors.push_back(std::abs(errors[ahead]));
      }
      // Of a method that looks a week back, the first origins may have a value or two: that is no trial.
      if (2 * known_errors.size() < horizon) continue;
      sum = std::accumulate(known_errors.begin(), known_errors.end(), sum);
      count += known_errors.size();
      ++test.origins;
      test.errors.push_back(std::move(errors));
    }
    if (count > 0) test.mean_absolute_error = sum / static_cast<double>(count);
    return test;
  }

  size_t DayOf(size_t ahead) const { return ahead / options_.day; }

  // By day ahead, of all origins but one.
  std::map<size_t, std::vector<double>> Pool(const Errors& errors, std::optional<size_t> without) const {
    std::map<size_t, std::vector<double>> pools;
    for (size_t origin = 0; origin < errors.size(); ++origin) {
      if (origin == without) continue;
      for (size_t ahead = 0; ahead < errors[origin].size(); ++ahead) {
        if (!std::isnan(errors[origin][ahead])) pools[DayOf(ahead)].push_back(errors[origin][ahead]);
      }
    }
    for (auto it = pools.begin(); it != pools.end();) {
      std::sort(it->second.begin(), it->second.end());
      it = it->second.size() < kMinErrors ? pools.erase(it) : std::next(it);
    }
    return pools;
  }

  // Of the errors of a day ahead; a day that has none is as the last before it that has, wider by the square root.
  struct Band {
    double low = 0;
    double high = 0;
  };
  std::optional<Band> BandOf(const std::map<size_t, std::vector<double>>& pools, size_t day) const {
    auto after = pools.upper_bound(day);
    if (after == pools.begin()) return std::nullopt;
    const auto& [of_day, errors] = *std::prev(after);
    // One more than there are: the value to come is one of them.
    const double n = static_cast<double>(errors.size());
    const double tail = std::max(0.0, (1 - options_.confidence) / 2 - 1 / (n + 1));
    const double wider = std::sqrt(static_cast<double>(day + 1) / static_cast<double>(of_day + 1));
    return Band{wider * SortedQuantile(errors, tail), wider * SortedQuantile(errors, 1 - tail)};
  }

  double CoverageOf(const Errors& errors) const {
    size_t held = 0;
    size_t count = 0;
    for (size_t origin = 0; origin < errors.size(); ++origin) {
      const auto pools = Pool(errors, origin);
      for (size_t ahead = 0; ahead < errors[origin].size(); ++ahead) {
        const auto band = BandOf(pools, DayOf(ahead));
        if (!band || std::isnan(errors[origin][ahead])) continue;
        held += errors[origin][ahead] >= band->low && errors[origin][ahead] <= band->high;
        ++count;
      }
    }
    return count < kMinErrors ? std::numeric_limits<double>::quiet_NaN()
                              : static_cast<double>(held) / static_cast<double>(count);
  }

  // The spread of the changes from one day to the next.
  double DailyDeviation() const {
    std::vector<double> changes;
    for (size_t i = options_.day; i < history_.size(); ++i) {
      const double change = history_[i] - history_[i - options_.day];
      if (!std::isnan(change)) changes.push_back(change);
    }
    return changes.empty() ? 0 : DeviationOf(changes);
  }

  void AddInterval(const Errors& errors) {
    const auto pools = Pool(errors, std::nullopt);
    forecast_.coverage = CoverageOf(errors);
    if (pools.empty()) {
      forecast_.caveat =
          "the history is too short for a backtest: the interval is a guess from the changes between days";
    } else if (std::isnan(forecast_.coverage)) {
      forecast_.caveat = "the history is too short to tell how often such intervals held";
    }
    const double deviation = DailyDeviation();
    const bool never_negative = std::none_of(history_.begin(), history_.end(), [](double value) { return value < 0; });
    forecast_.errors_by_day = pools;
    forecast_.daily_deviation = deviation;
    forecast_.day = options_.day;
    forecast_.never_negative = never_negative;
    for (size_t ahead = 0; ahead < forecast_.mean.size(); ++ahead) {
      const double far = 2 * deviation * std::sqrt(static_cast<double>(DayOf(ahead) + 1));
      const Band band = BandOf(pools, DayOf(ahead)).value_or(Band{-far, far});
      const double floor = never_negative ? 0 : -std::numeric_limits<double>::infinity();
      forecast_.mean[ahead] = std::max(floor, forecast_.mean[ahead]);
      forecast_.low.push_back(std::max(floor, std::min(forecast_.mean[ahead], forecast_.mean[ahead] + band.low)));
      forecast_.high.push_back(std::max(forecast_.mean[ahead], forecast_.mean[ahead] + band.high));
    }
  }

  const absl::Span<const double> history_;
  const ForecastOptions options_;
  SeasonalForecast forecast_;
};

}  // namespace

double SeasonalForecast::Draw(size_t ahead, double q) const {
  const size_t days = ahead / day;
  const auto after = errors_by_day.upper_bound(days);
  double error = 0;
  if (after == errors_by_day.begin()) {
    const boost::math::normal normal(0, 1);
    error = boost::math::quantile(normal, q) * daily_deviation * std::sqrt(static_cast<double>(days + 1));
  } else {
    const auto& [of_day, errors] = *std::prev(after);
    error = SortedQuantile(errors, q) * std::sqrt(static_cast<double>(days + 1) / static_cast<double>(of_day + 1));
  }
  return std::max(never_negative ? 0 : -std::numeric_limits<double>::infinity(), mean[ahead] + error);
}

absl::StatusOr<SeasonalForecast> ForecastSeasonal(absl::Span<const double> history, const ForecastOptions& options) {
  if (options.day < 1 || options.horizon < 1 || options.horizon > kMaxHorizonDays * options.day) {
    return absl::InvalidArgumentError(absl::StrFormat("a horizon of %d steps at %d a day; at least 1, at most %d days",
                                                      options.horizon, options.day, kMaxHorizonDays));
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return absl::InvalidArgumentError(absl::StrFormat("a confidence of %g is not between 0 and 1", options.confidence));
  }
  const size_t known = static_cast<size_t>(
      std::count_if(history.begin(), history.end(), [](double value) { return !std::isnan(value); }));
  if (known < 2 * options.day) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a forecast needs two days of history (%d values), there are %d", 2 * options.day, known));
  }
  if (std::any_of(history.begin(), history.end(), [](double value) { return std::isinf(value); })) {
    return absl::InvalidArgumentError("a value is infinite");
  }
  absl::StatusOr<SeasonalForecast> forecast = Forecaster(history, options).Run();
  if (forecast.ok()) forecast->observed = known;
  return forecast;
}

}  // namespace tributary
