#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/promql/classic_histogram.h"
#include "proxy/promql/function_groups.h"
#include "proxy/promql/native_histogram.h"
#include "proxy/promql/quantile.h"

namespace tributary::promql {
namespace {

// What the series of one histogram have at one time: a distribution, or classic buckets.
struct Cell {
  DistributionPtr distribution;
  std::vector<ClassicBucket> classic;
};
using Cells = std::vector<Cell>;  // one per time of the grid

std::optional<double> BucketBound(const Labels& labels) {
  double bound = 0;
  if (!absl::SimpleAtod(LabelValue(labels, "le"), &bound) || std::isnan(bound)) return std::nullopt;
  return bound;
}

Labels Without(Labels labels, absl::string_view label) {
  RemoveLabel(labels, label);
  return labels;
}

absl::Status NumbersHaveNoQuantiles(const GridCall& call) {
  return absl::FailedPreconditionError(
      absl::StrCat("percentiles are of timers, histograms and distributions, and here are others", call.position,
                   ": of a counter ask rate() or increase(), of a gauge quantile_over_time(0.99, m[5m]), of a set "
                   "distinct(); or send the metric as a timer"));
}

void AddSeries(const GridCall& call, const Series& series, std::map<Labels, Cells>& histograms) {
  const Labels labels = Without(series.labels, kMetricName);
  const std::optional<double> bound = BucketBound(labels);
  const auto cell = [&](const Labels& of, const Point& point) -> Cell& {
    Cells& cells = histograms[of];
    cells.resize(static_cast<size_t>(call.grid.count));
    return cells[static_cast<size_t>((point.time_ms - call.grid.start_ms) / call.grid.step_ms)];
  };
  const Labels without_bound = Without(labels, "le");
  for (const Point& point : series.points) {
    const bool is_set = point.distribution && point.distribution->kind() == Distribution::Kind::kSet;
    if (is_set && call.refuse_quantiles_of_numbers) return call.notes.Fail(NumbersHaveNoQuantiles(call));
    if (point.distribution) {
      cell(labels, point).distribution = point.distribution;
    } else if (bound) {
      cell(without_bound, point).classic.push_back({*bound, point.value});
    } else if (call.refuse_quantiles_of_numbers) {
      return call.notes.Fail(NumbersHaveNoQuantiles(call));
    } else {
      call.notes.Warn(absl::StrCat("PromQL warning: bucket label \"le\" is missing or has a malformed value of \"",
                                   LabelValue(series.labels, "le"), "\" for metric name \"",
                                   LabelValue(series.labels, kMetricName), "\"", call.position));
    }
  }
}

struct Questions {
  std::function<double(const Distribution&, size_t i)> of_distribution;
  std::function<double(const ClassicHistogram&, size_t i)> of_classic;
};

std::optional<double> Ask(const GridCall& call, const Cell& cell, size_t i, const Questions& questions) {
  if (cell.distribution && !cell.classic.empty()) {
    call.notes.Warn(
        absl::StrCat("PromQL warning: vector contains a mix of classic and native histograms", call.position));
    return std::nullopt;
  }
  if (cell.distribution) return questions.of_distribution(*cell.distribution, i);
  if (cell.classic.empty()) return std::nullopt;
  const ClassicHistogram histogram = MakeClassicHistogram(cell.classic);
  if (histogram.forced_monotonic) {
    call.notes.Inform(
        absl::StrCat("PromQL info: input to histogram_quantile needed to be fixed for monotonicity", call.position));
  }
  return questions.of_classic(histogram, i);
}

std::map<Labels, Cells> CollectHistograms(const GridCall& call, const std::vector<Series>& input) {
  std::map<Labels, Cells> histograms;
  for (const Series& series : input) AddSeries(call, series, histograms);
  return histograms;
}

std::vector<Series> AskAll(const GridCall& call, const std::map<Labels, Cells>& histograms,
                           const Questions& questions) {
  std::vector<Series> result;
  for (const auto& [labels, cells] : histograms) {
    Series series{labels, {}};
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::optional<double> value = Ask(call, cells[i], i, questions);
      if (value) series.points.push_back({.time_ms = call.grid.At(static_cast<int64_t>(i)), .value = *value});
    }
    if (!series.points.empty()) result.push_back(std::move(series));
  }
  return result;
}

std::vector<Series> Quantiles(const GridCall& call, const std::map<Labels, Cells>& histograms,
                              const std::vector<double>& phi) {
  for (double value : phi) {
    const std::string warning = QuantileWarning(value, call.position);
    if (!warning.empty()) call.notes.Warn(warning);
  }
  return AskAll(call, histograms,
                {[&](const Distribution& distribution, size_t i) { return distribution.Quantile(phi[i]); },
                 [&](const ClassicHistogram& histogram, size_t i) { return ClassicQuantile(phi[i], histogram); }});
}

absl::StatusOr<std::vector<Series>> HistogramQuantile(GridCall& call) {
  return Quantiles(call, CollectHistograms(call, call.arguments[1].series), call.arguments[0].scalars);
}

// One series per phi, named by a label.
absl::StatusOr<std::vector<Series>> HistogramQuantiles(GridCall& call) {
  const std::map<Labels, Cells> histograms = CollectHistograms(call, call.arguments[0].series);
  std::vector<Series> result;
  for (size_t i = 2; i < call.arguments.size(); ++i) {
    const std::vector<double>& phi = call.arguments[i].scalars;
    for (Series& series : Quantiles(call, histograms, phi)) {
      SetLabel(series.labels, call.arguments[1].text, FormatValue(phi[0]));
      result.push_back(std::move(series));
    }
  }
  return result;
}

absl::StatusOr<std::vector<Series>> HistogramFraction(GridCall& call) {
  const std::vector<double>& lower = call.arguments[0].scalars;
  const std::vector<double>& upper = call.arguments[1].scalars;
  return AskAll(
      call, CollectHistograms(call, call.arguments[2].series),
      {[&](const Distribution& distribution, size_t i) { return distribution.Fraction(lower[i], upper[i]); },
       [&](const ClassicHistogram& histogram, size_t i) { return ClassicFraction(lower[i], upper[i], histogram); }});
}

template <double (*function)(const Distribution&)>
std::optional<Point> OfDistribution(const Call&, const Point& point) {
  if (!point.distribution) return std::nullopt;
  return Point{.value = function(*point.distribution)};
}

double Count(const Distribution& distribution) { return distribution.Count(); }
double Sum(const Distribution& distribution) { return distribution.Sum(); }
double Mean(const Distribution& distribution) { return distribution.Sum() / distribution.Count(); }

// Where a bucket's observations are taken to be: in the middle, which in an exponential one is the geometric mean.
double Middle(const Distribution::Bucket& bucket, bool exponential) {
  if (!exponential) return (bucket.lower + bucket.upper) / 2;
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  return std::copysign(std::sqrt(bucket.lower * bucket.upper), bucket.upper);
}

double Variance(const Distribution& distribution) {
  const bool exponential =
      distribution.kind() == Distribution::Kind::kNative && !static_cast<const NativeHistogram&>(distribution).custom();
  const double mean = Mean(distribution);
  double squares = 0;
  for (const Distribution::Bucket& bucket : distribution.Buckets()) {
    const double distance = Middle(bucket, exponential) - mean;
    squares += bucket.count * distance * distance;
  }
  return squares / distribution.Count();
}
double Deviation(const Distribution& distribution) { return std::sqrt(Variance(distribution)); }

std::optional<Point> Distinct(const Call& call, const Point& point) {
  if (!point.distribution) return std::nullopt;
  if (point.distribution->kind() == Distribution::Kind::kSet) return Point{.value = point.distribution->Count()};
  call.notes.Fail(absl::FailedPreconditionError(
      absl::StrCat("distinct needs sets", call.position, "; of timers and histograms ask histogram_count")));
  return std::nullopt;
}

template <double (*function)(const Distribution&)>
Function OfEach(absl::string_view name) {
  return {.name = name, .arguments = {ValueType::kVector}, .over_point = OfDistribution<function>};
}

}  // namespace

std::vector<Function> HistogramFunctions() {
  using enum ValueType;
  return {
      {.name = "histogram_quantile", .arguments = {kScalar, kVector}, .over_grid = HistogramQuantile},
      {.name = "histogram_quantiles",
       .arguments = {kVector, kString, kScalar},
       .optional = -1,
       .over_grid = HistogramQuantiles},
      {.name = "histogram_fraction", .arguments = {kScalar, kScalar, kVector}, .over_grid = HistogramFraction},
      OfEach<Count>("histogram_count"),
      OfEach<Sum>("histogram_sum"),
      OfEach<Mean>("histogram_avg"),
      OfEach<Variance>("histogram_stdvar"),
      OfEach<Deviation>("histogram_stddev"),
      {.name = "distinct", .arguments = {kVector}, .over_point = Distinct},
  };
}

}  // namespace tributary::promql
