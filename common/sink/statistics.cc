#include "common/sink/statistics.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr Statistic kAggregates[] = {Statistic::kCount, Statistic::kSum,    Statistic::kMin,  Statistic::kMax,
                                     Statistic::kAvg,   Statistic::kMedian, Statistic::kHmean};

class Teller {
 public:
  Teller(const Row& row, const StatisticOptions& options) : row_(row), options_(options) {}

  std::vector<StatisticValue> Tell() && {
    std::visit([this](const auto& aggregate) { Tell(aggregate); }, row_.value);
    return std::move(told_);
  }

 private:
  void Tell(const CounterAggregate& counter) { Add(Statistic::kValue, counter.total.ToDouble()); }
  void Tell(const SetAggregate& set) { Add(Statistic::kValue, set.members.Estimate()); }
  void Tell(const CheckAggregate& check) { Add(Statistic::kValue, check.status); }

  void Tell(const GaugeAggregate& gauge) {
    Add(Statistic::kValue, gauge.last);
    for (const Statistic statistic : options_.gauge_aggregates) {
      if (statistic == Statistic::kMin) Add(statistic, gauge.min);
      if (statistic == Statistic::kMax) Add(statistic, gauge.max);
      if (statistic == Statistic::kAvg && gauge.count > 0) {
        Add(statistic, gauge.sum.ToDouble() / static_cast<double>(gauge.count));
      }
    }
  }

  void Tell(const DistributionAggregate& distribution) {
    for (const Statistic statistic : options_.aggregates) TellAggregate(distribution, statistic);
    if (!distribution.digest.empty() && !IsToldAsPartial(row_, options_)) TellQuantiles(distribution.digest);
  }

  void TellAggregate(const DistributionAggregate& distribution, Statistic statistic) {
    const TDigest& digest = distribution.digest;
    const double count = digest.count().ToDouble();
    if (statistic == Statistic::kCount) Add(statistic, count);
    if (statistic == Statistic::kSum) Add(statistic, digest.sum().ToDouble());
    if (digest.empty()) return;
    if (statistic == Statistic::kMin) Add(statistic, digest.min());
    if (statistic == Statistic::kMax) Add(statistic, digest.max());
    if (statistic == Statistic::kAvg) Add(statistic, digest.sum().ToDouble() / count);
    if (statistic == Statistic::kHmean && distribution.reciprocal_sum) {
      const double reciprocals = distribution.reciprocal_sum->ToDouble();
      if (reciprocals > 0) Add(statistic, count / reciprocals);
    }
  }

  // All in one pass over the digest.
  void TellQuantiles(const TDigest& digest) {
    const size_t first = told_.size();
    if (std::count(options_.aggregates.begin(), options_.aggregates.end(), Statistic::kMedian) > 0) {
      told_.push_back({Statistic::kMedian, 0.5, 0});
    }
    for (const double quantile : options_.percentiles) told_.push_back({Statistic::kQuantile, quantile, 0});
    std::vector<double> quantiles;
    for (size_t i = first; i < told_.size(); ++i) quantiles.push_back(told_[i].quantile);
    std::vector<double> values(quantiles.size());
    digest.Quantiles(quantiles, absl::MakeSpan(values));
    for (size_t i = 0; i < values.size(); ++i) told_[first + i].value = values[i];
  }

  void Add(Statistic statistic, double value) { told_.push_back({statistic, 0, value}); }

  const Row& row_;
  const StatisticOptions& options_;
  std::vector<StatisticValue> told_;
};

}  // namespace

absl::string_view StatisticName(Statistic statistic) {
  switch (statistic) {
    case Statistic::kValue:
      return "value";
    case Statistic::kCount:
      return "count";
    case Statistic::kSum:
      return "sum";
    case Statistic::kMin:
      return "min";
    case Statistic::kMax:
      return "max";
    case Statistic::kAvg:
      return "avg";
    case Statistic::kMedian:
      return "median";
    case Statistic::kHmean:
      return "hmean";
    case Statistic::kQuantile:
      return "quantile";
  }
  return "";
}

std::optional<Statistic> ParseAggregate(absl::string_view name) {
  for (const Statistic statistic : kAggregates) {
    if (StatisticName(statistic) == name) return statistic;
  }
  return std::nullopt;
}

bool IsToldAsPartial(const Row& row, const StatisticOptions& options) {
  return row.partial || (options.strict && row.coverage < 1);
}

std::vector<StatisticValue> StatisticsOf(const Row& row, const StatisticOptions& options) {
  return Teller(row, options).Tell();
}

std::string PercentileName(double quantile) { return absl::StrFormat("p%.10g", quantile * 100); }

std::string QuantileLabel(double quantile) { return absl::StrFormat("%.10g", quantile); }

}  // namespace tributary
