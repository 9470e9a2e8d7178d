#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "proxy/promql/compensated_sum.h"
#include "proxy/promql/function_groups.h"
#include "proxy/promql/quantile.h"

namespace tributary::promql {
namespace {

using Window = absl::Span<const Point>;

void WarnOfMix(const Call& call) {
  call.notes.Warn(absl::StrCat("PromQL warning: encountered a mix of histograms and floats for metric name \"",
                               LabelValue(call.labels, kMetricName), "\"", call.position));
}

// What only floats have. None: there are no floats.
std::vector<double> Floats(const Call& call, Window window) {
  std::vector<double> floats;
  for (const Point& point : window) {
    if (!point.distribution) floats.push_back(point.value);
  }
  if (!floats.empty() && floats.size() < window.size()) {
    call.notes.Inform(
        absl::StrCat("PromQL info: ignored histograms in a range containing both floats and histograms "
                     "for metric name \"",
                     LabelValue(call.labels, kMetricName), "\"", call.position));
  }
  return floats;
}

template <double (*function)(const std::vector<double>&)>
std::optional<Point> OfFloats(const Call& call, Window window) {
  const std::vector<double> floats = Floats(call, window);
  if (floats.empty()) return std::nullopt;
  return Point{.value = function(floats)};
}

// Any value is larger than NaN, and smaller.
double Min(const std::vector<double>& values) {
  double min = values[0];
  for (double value : values) min = value < min || std::isnan(min) ? value : min;
  return min;
}
double Max(const std::vector<double>& values) {
  double max = values[0];
  for (double value : values) max = value > max || std::isnan(max) ? value : max;
  return max;
}

double Sum(const std::vector<double>& values) {
  CompensatedSum sum;
  for (double value : values) sum.Add(value);
  return sum.Total();
}

// A running mean from where the sum would overflow.
double Mean(const std::vector<double>& values) {
  CompensatedSum sum(values[0]);
  bool running = false;
  for (size_t i = 1; i < values.size(); ++i) {
    const double count = static_cast<double>(i) + 1;
    if (!running) {
      CompensatedSum longer = sum;
      longer.Add(values[i]);
      running = longer.IsInfinite();
      if (running) {
        sum.Scale(1 / (count - 1));
      } else {
        sum = longer;
      }
    }
    if (running) {
      sum.Scale((count - 1) / count);
      sum.Add(values[i] / count);
    }
  }
  return running ? sum.Total() : sum.Total() / static_cast<double>(values.size());
}

// Source: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 1962.
double Variance(const std::vector<double>& values) {
  CompensatedSum mean;
  CompensatedSum squares;
  double count = 0;
  for (double value : values) {
    const double delta = value - mean.Total();
    mean.Add(delta / ++count);
    squares.Add(delta * (value - mean.Total()));
  }
  return squares.Total() / count;
}
double Deviation(const std::vector<double>& values) { return std::sqrt(Variance(values)); }

double MedianAbsoluteDeviation(const std::vector<double>& values) {
  const double median = Quantile(0.5, values);
  std::vector<double> deviations;
  for (double value : values) deviations.push_back(std::abs(value - median));
  return Quantile(0.5, std::move(deviations));
}

bool AnyDistribution(Window window) {
  return std::any_of(window.begin(), window.end(), [](const Point& point) { return point.distribution != nullptr; });
}
bool AllDistributions(Window window) {
  return std::all_of(window.begin(), window.end(), [](const Point& point) { return point.distribution != nullptr; });
}

// None, and a warning, where they do not merge.
std::optional<Point> Merged(const Call& call, Window window) {
  std::vector<const Distribution*> others;
  for (const Point& point : window.subspan(1)) others.push_back(point.distribution.get());
  absl::StatusOr<DistributionPtr> merged = window[0].distribution->Plus(others);
  if (merged.ok()) return Point{.distribution = *std::move(merged)};
  call.notes.Warn(absl::StrCat("PromQL warning: ", merged.status().message(), call.position));
  return std::nullopt;
}

std::optional<Point> SumOverTime(const Call& call, Window window) {
  if (!AnyDistribution(window)) return OfFloats<Sum>(call, window);
  if (AllDistributions(window)) return Merged(call, window);
  WarnOfMix(call);
  return std::nullopt;
}

std::optional<Point> AvgOverTime(const Call& call, Window window) {
  if (!AnyDistribution(window)) return OfFloats<Mean>(call, window);
  std::optional<Point> sum = SumOverTime(call, window);
  if (!sum) return std::nullopt;
  absl::StatusOr<DistributionPtr> mean = sum->distribution->Scaled(1 / static_cast<double>(window.size()));
  if (mean.ok()) return Point{.distribution = *std::move(mean)};
  call.notes.Fail(mean.status());
  return std::nullopt;
}

std::optional<Point> CountOverTime(const Call&, Window window) {
  return Point{.value = static_cast<double>(window.size())};
}
std::optional<Point> FirstOverTime(const Call&, Window window) { return window.front(); }
std::optional<Point> LastOverTime(const Call&, Window window) { return window.back(); }
std::optional<Point> PresentOverTime(const Call&, Window) { return Point{.value = 1}; }

void WarnOfPhi(const Call& call) {
  const std::string warning = QuantileWarning(call.scalars[0], call.position);
  if (!warning.empty()) call.notes.Warn(warning);
}

std::optional<Point> QuantileOfMerged(const Call& call, const Point& point) {
  if (!point.distribution) return point;
  WarnOfPhi(call);
  return Point{.value = point.distribution->Quantile(call.scalars[0])};
}

// Of floats, as in Prometheus; of our sketches, which are increments, that of all they hold.
std::optional<Point> QuantileOverTime(const Call& call, Window window) {
  if (AllDistributions(window) && window[0].distribution->kind() == Distribution::Kind::kSketch) {
    const std::optional<Point> merged = Merged(call, window);
    return merged ? QuantileOfMerged(call, *merged) : std::nullopt;
  }
  std::vector<double> floats = Floats(call, window);
  if (floats.empty()) return std::nullopt;
  WarnOfPhi(call);
  return Point{.value = Quantile(call.scalars[0], std::move(floats))};
}

}  // namespace

std::vector<Function> OverTimeFunctions() {
  using enum ValueType;
  const std::vector<ValueType> window = {kMatrix};
  return {
      {.name = "sum_over_time", .arguments = window, .over_window = SumOverTime, .fold = Fold::kSum, .linear = true},
      {.name = "avg_over_time", .arguments = window, .over_window = AvgOverTime, .fold = Fold::kAvg},
      {.name = "min_over_time", .arguments = window, .over_window = OfFloats<Min>, .fold = Fold::kMin},
      {.name = "max_over_time", .arguments = window, .over_window = OfFloats<Max>, .fold = Fold::kMax},
      {.name = "count_over_time",
       .arguments = window,
       .over_window = CountOverTime,
       .fold = Fold::kCount,
       .linear = true},
      {.name = "stdvar_over_time", .arguments = window, .over_window = OfFloats<Variance>},
      {.name = "stddev_over_time", .arguments = window, .over_window = OfFloats<Deviation>},
      {.name = "mad_over_time", .arguments = window, .over_window = OfFloats<MedianAbsoluteDeviation>},
      {.name = "first_over_time", .arguments = window, .keeps_name = true, .over_window = FirstOverTime},
      {.name = "last_over_time",
       .arguments = window,
       .keeps_name = true,
       .over_window = LastOverTime,
       .fold = Fold::kLast},
      {.name = "present_over_time", .arguments = window, .over_window = PresentOverTime, .fold = Fold::kPresent},
      {.name = "quantile_over_time",
       .arguments = {kScalar, kMatrix},
       .over_window = QuantileOverTime,
       .fold = Fold::kMerge,
       .after_fold = QuantileOfMerged},
  };
}

}  // namespace tributary::promql
