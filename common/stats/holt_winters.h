#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

// Exponential smoothing of level, trend and season. A value.
//
// Fit:     the three smoothing weights with the smallest sum of squared errors of one-step forecasts, found by BOBYQA
// from
//          several starts; the first two periods give the starting level, trend and season.
// Source:  Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", Management Science 1960; the start:
//          classical decomposition, as R's stats::HoltWinters has it.
class HoltWinters {
 public:
  enum class Season { kAdditive, kMultiplicative };

  struct Weights {
    double level = 0;   // alpha
    double trend = 0;   // beta
    double season = 0;  // gamma
  };

  // Errors:  InvalidArgument: a period below 2, fewer than two periods and a value, a value that is not finite, or for
  // a multiplicative season one that is not positive.
  static absl::StatusOr<HoltWinters> Fit(absl::Span<const double> values, size_t period, Season season);
  // With these weights.
  static absl::StatusOr<HoltWinters> Make(absl::Span<const double> values, size_t period, Season season,
                                          const Weights& weights);

  // Of the value `ahead` >= 1 steps after the last.
  double Forecast(size_t ahead) const;

  const Weights& weights() const { return weights_; }
  double level() const { return level_; }
  double trend() const { return trend_; }
  double squared_errors() const { return squared_errors_; }
  size_t errors() const { return errors_; }  // how many were squared

 private:
  struct Start {
    double level = 0;
    double trend = 0;
    std::vector<double> season;
  };
  HoltWinters(size_t period, Season season) : period_(period), season_kind_(season) {}
  static absl::StatusOr<Start> StartOf(absl::Span<const double> values, size_t period, Season season);
  void Run(absl::Span<const double> values, const Start& start, const Weights& weights);

  size_t period_;
  Season season_kind_;
  Weights weights_;
  double level_ = 0;
  double trend_ = 0;
  std::vector<double> season_;  // of the last period, oldest first
  double squared_errors_ = 0;
  size_t errors_ = 0;
};

}  // namespace tributary
