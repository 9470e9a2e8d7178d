#include "common/stats/holt_winters.h"

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <type_traits>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"
#include "common/stats/line_fit.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

using Season = HoltWinters::Season;

constexpr HoltWinters::Weights kStarts[] = {{0.3, 0.1, 0.1}, {0.3, 0.05, 0.8}, {0.8, 0.1, 0.1}, {0.05, 0.05, 0.3}};
constexpr int kMaxEvaluations = 500;

// The mean over a period around each value of the first two, where it is whole: entry 0 is around value period / 2.
std::vector<double> MovingAverage(absl::Span<const double> values, size_t period) {
  std::vector<double> averages;
  for (size_t middle = period / 2; middle + period / 2 < 2 * period; ++middle) {
    const size_t first = middle - period / 2;
    double sum = std::accumulate(&values[first], &values[first] + period, 0.0);
    // An even period has no middle: half of each end.
    if (period % 2 == 0) sum += (values[first + period] - values[first]) / 2;
    averages.push_back(sum / static_cast<double>(period));
  }
  return averages;
}

// One for each phase of the period; they sum up to nothing, or average 1.
std::vector<double> SeasonOf(absl::Span<const double> values, absl::Span<const double> trend, size_t period,
                             Season kind) {
  std::vector<double> sums(period);
  std::vector<double> counts(period);
  for (size_t i = 0; i < trend.size(); ++i) {
    const size_t at = i + period / 2;
    sums[at % period] += kind == Season::kAdditive ? values[at] - trend[i] : values[at] / trend[i];
    ++counts[at % period];
  }
  for (size_t phase = 0; phase < period; ++phase) sums[phase] /= counts[phase];
  const double mean = MeanOf(sums);
  for (double& figure : sums) figure = kind == Season::kAdditive ? figure - mean : figure / mean;
  return sums;
}

absl::Status CheckValues(absl::Span<const double> values, size_t period, Season season) {
  if (period < 2) return absl::InvalidArgumentError("a season needs a period of at least 2 values");
  if (values.size() < 2 * period + 1) {
    return absl::InvalidArgumentError(absl::StrFormat("a period of %d needs at least %d values, there are %d", period,
                                                      2 * period + 1, values.size()));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      return absl::InvalidArgumentError(absl::StrFormat("value %d is not a number", i + 1));
    if (season == Season::kMultiplicative && values[i] <= 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("value %d is %g: a multiplicative season needs positive ones", i + 1, values[i]));
    }
  }
  return absl::OkStatus();
}

// Calls `objective` with weights, better and better ones, from `from`. How it ends does not matter: whoever looks at
// all that was tried knows the best.
void Minimise(absl::FunctionRef<double(const double*)> objective, const HoltWinters::Weights& from) {
  const std::unique_ptr<std::remove_pointer_t<nlopt_opt>, void (*)(nlopt_opt)> search(nlopt_create(NLOPT_LN_BOBYQA, 3),
                                                                                      nlopt_destroy);
  TRIBUTARY_CHECK(search != nullptr);
  nlopt_set_lower_bounds1(search.get(), 0);
  nlopt_set_upper_bounds1(search.get(), 1);
  nlopt_set_xtol_abs1(search.get(), 1e-9);
  nlopt_set_maxeval(search.get(), kMaxEvaluations);
  nlopt_set_min_objective(
      search.get(),
      [](unsigned, const double* weights, double*, void* data) {
        return (*static_cast<absl::FunctionRef<double(const double*)>*>(data))(weights);
      },
      &objective);
  double weights[] = {from.level, from.trend, from.season};
  double least = 0;
  nlopt_optimize(search.get(), weights, &least);
}

}  // namespace

absl::StatusOr<HoltWinters::Start> HoltWinters::StartOf(absl::Span<const double> values, size_t period, Season season) {
  if (absl::Status status = CheckValues(values, period, season); !status.ok()) return status;
  const std::vector<double> averages = MovingAverage(values, period);
  Start start;
  start.season = SeasonOf(values, averages, period, season);
  std::vector<double> places(averages.size());
  std::iota(places.begin(), places.end(), 1.0);
  const auto line = FitLeastSquares(places, averages);
  start.level = line.ok() ? line->intercept : averages.front();  // a period of 2 has three averages at most
  start.trend = line.ok() ? line->slope : 0;
  return start;
}

absl::StatusOr<HoltWinters> HoltWinters::Make(absl::Span<const double> values, size_t period, Season season,
                                              const Weights& weights) {
  const absl::StatusOr<Start> start = StartOf(values, period, season);
  if (!start.ok()) return start.status();
  HoltWinters model(period, season);
  model.Run(values, *start, weights);
  return model;
}

absl::StatusOr<HoltWinters> HoltWinters::Fit(absl::Span<const double> values, size_t period, Season season) {
  const absl::StatusOr<Start> start = StartOf(values, period, season);
  if (!start.ok()) return start.status();
  HoltWinters best(period, season);
  best.squared_errors_ = std::numeric_limits<double>::infinity();
  HoltWinters tried(period, season);
  const auto objective = [&](const double* w) {
    tried.Run(values, *start, {w[0], w[1], w[2]});
    if (tried.squared_errors_ < best.squared_errors_) best = tried;
    return std::isfinite(tried.squared_errors_) ? tried.squared_errors_ : std::numeric_limits<double>::max();
  };
  for (const Weights& from : kStarts) Minimise(objective, from);
  if (!std::isfinite(best.squared_errors_)) {
    return absl::InvalidArgumentError("the values leave no room for a season: their errors are beyond all numbers");
  }
  return best;
}

void HoltWinters::Run(absl::Span<const double> values, const Start& start, const Weights& weights) {
  weights_ = weights;
  level_ = start.level;
  trend_ = start.trend;
  season_ = start.season;
  squared_errors_ = 0;
  errors_ = 0;
  const bool adds = season_kind_ == Season::kAdditive;
  // `season_` is a ring: a value's phase is what it was a period before.
  for (size_t i = period_; i < values.size(); ++i) {
    double& figure = season_[i % period_];
    const double expected = level_ + trend_;
    const double error = values[i] - (adds ? expected + figure : expected * figure);
    squared_errors_ += error * error;
    ++errors_;
    const double before = level_;
    const double without_season = adds ? values[i] - figure : values[i] / figure;
    level_ = weights.level * without_season + (1 - weights.level) * expected;
    trend_ = weights.trend * (level_ - before) + (1 - weights.trend) * trend_;
    figure = weights.season * (adds ? values[i] - level_ : values[i] / level_) + (1 - weights.season) * figure;
  }
  const auto oldest = static_cast<std::ptrdiff_t>(values.size() % period_);
  std::rotate(season_.begin(), season_.begin() + oldest, season_.end());
}

double HoltWinters::Forecast(size_t ahead) const {
  TRIBUTARY_CHECK(ahead >= 1);
  const double figure = season_[(ahead - 1) % period_];
  const double straight = level_ + static_cast<double>(ahead) * trend_;
  return season_kind_ == Season::kAdditive ? straight + figure : straight * figure;
}

}  // namespace tributary
