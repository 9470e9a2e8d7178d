#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/aggregate/row.h"

namespace tributary {

// The numbers that are told of a row.
enum class Statistic : uint8_t {
  kValue,  // counter: sum of the interval; gauge: the last; set: estimate; check: status 0..3
  kCount,  // distributions: sum of the weights
  kSum,
  kMin,
  kMax,
  kAvg,     // sum / count
  kMedian,  // the quantile 0.5
  kHmean,   // count / sum of weight/value; none once a value was <= 0
  kQuantile,
};

// "count", "sum", "min", "max", "avg", "median", "hmean": what can be chosen by name.
absl::string_view StatisticName(Statistic statistic);
std::optional<Statistic> ParseAggregate(absl::string_view name);

struct StatisticValue {
  Statistic statistic = Statistic::kValue;
  double quantile = 0;  // kMedian and kQuantile
  double value = 0;
};

// What to tell of a row beside its value.
struct StatisticOptions {
  std::vector<double> percentiles = {0.5, 0.9, 0.95, 0.99, 0.999};  // within [0, 1]
  std::vector<Statistic> aggregates = {Statistic::kCount, Statistic::kSum, Statistic::kMin, Statistic::kMax,
                                       Statistic::kAvg};
  std::vector<Statistic> gauge_aggregates;  // of kMin, kMax, kAvg; the last value is always told
  bool strict = false;                      // rows with coverage < 1 are told as partial ones
};

// Closed below the coverage bar, or with `strict` without the whole roster.
bool IsToldAsPartial(const Row& row, const StatisticOptions& options);

// In the order: value, aggregates, percentiles. A row that is told as partial has no median and no percentiles,
// whatever is asked for: they would be those of a part of the fleet. Of an empty digest there are only count and sum.
std::vector<StatisticValue> StatisticsOf(const Row& row, const StatisticOptions& options);

// "p99.9" for 0.999, "p50" for 0.5: ten significant digits, none that is not needed.
std::string PercentileName(double quantile);
// "0.999"
std::string QuantileLabel(double quantile);

}  // namespace tributary
