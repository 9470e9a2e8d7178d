#include "common/sink/points.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/sink/prometheus_name.h"
#include "common/sketch/vmrange.h"

namespace tributary {
namespace {

// Twenty octaves at schema 4; further ones make it coarser.
constexpr int kMaxNativeBuckets = 320;
constexpr int kMinNativeSchema = -4;

// The interval's points of a row in one storage's words.
class PointMaker {
 public:
  PointMaker(const Row& row, const IntervalScale& scale, const PointOptions& options)
      : row_(row),
        options_(options),
        start_ms_(absl::ToUnixMillis(scale.Start(row.interval))),
        end_ms_(absl::ToUnixMillis(scale.End(row.interval))),
        is_partial_(IsToldAsPartial(row, options.statistics)) {}

  std::vector<Point> Make() && {
    if (options_.naming == Naming::kPrometheus) {
      MakePrometheus();
    } else {
      MakeDotted();
    }
    return std::move(points_);
  }

 private:
  bool IsFlagged() const { return is_partial_ || row_.late; }

  void MakeDotted() {
    base_ = row_.key->name;
    labels_ = JoinedTags(row_.key->tags);
    SetFurtherLabels();
    SetFlags();
    for (const StatisticValue& told : StatisticsOf(row_, options_.statistics)) {
      Add(DottedName(told), labels_, told.value);
    }
    AddCoverage();
  }

  std::string DottedName(const StatisticValue& told) const {
    switch (told.statistic) {
      case Statistic::kValue:
        return base_;
      case Statistic::kQuantile:
        return options_.naming == Naming::kVeneur ? absl::StrFormat("%s.%.10gpercentile", base_, told.quantile * 100)
                                                  : absl::StrCat(base_, ".", PercentileName(told.quantile));
      default:
        return absl::StrCat(base_, ".", StatisticName(told.statistic));
    }
  }

  void MakePrometheus() {
    base_ = PrometheusMetricName(row_.key->name);
    labels_ = PrometheusLabels(row_.key->tags, options_.labels);
    const bool cumulative = options_.counters == CounterForm::kCumulative;
    if (cumulative && row_.total) AddTotals(*row_.total);
    SetFlags();
    for (const StatisticValue& told : StatisticsOf(row_, options_.statistics)) {
      if (!(cumulative && !IsFlagged() && HasTotal(told.statistic))) AddPrometheus(told);
    }
    AddHistogram();
    AddCoverage();
  }

  // What kCumulative tells by running totals, in the main series.
  bool HasTotal(Statistic statistic) const {
    if (row_.key->type == MetricType::kCounter) return true;
    return statistic == Statistic::kCount || statistic == Statistic::kSum;
  }

  void AddTotals(const RunningTotal& total) {
    if (row_.key->type == MetricType::kCounter) {
      AddTotal(absl::StrCat(base_, "_total"), total.since, total.count.ToDouble());
      return;
    }
    for (const Statistic statistic : options_.statistics.aggregates) {
      if (statistic == Statistic::kCount) AddTotal(base_ + "_count", total.since, total.count.ToDouble());
      if (statistic == Statistic::kSum) AddTotal(base_ + "_sum", total.since, total.sum.ToDouble());
    }
  }

  // The zero is due even when its own interval is told as partial: the next total is the main series' first then.
  void AddTotal(const std::string& name, IntervalIndex since, double value) {
    if (since == row_.interval && !row_.late) points_.push_back({name, labels_, 0, start_ms_ + 1});
    if (!IsFlagged()) Add(name, labels_, value);
  }

  void AddPrometheus(const StatisticValue& told) {
    switch (told.statistic) {
      case Statistic::kValue:
        return Add(base_, labels_, told.value);
      case Statistic::kMedian:
        // The same as the quantile 0.5, which may be among the percentiles.
        for (const double quantile : options_.statistics.percentiles) {
          if (quantile == 0.5) return;
        }
        [[fallthrough]];
      case Statistic::kQuantile: {
        Labels labels = labels_;
        SetLabel(labels, "quantile", QuantileLabel(told.quantile));
        return Add(base_, std::move(labels), told.value);
      }
      default:
        return Add(absl::StrCat(base_, "_", StatisticName(told.statistic)), labels_, told.value);
    }
  }

  // Of a part of the fleet there are no percentiles, and so nothing to make them of.
  void AddHistogram() {
    const auto* distribution = std::get_if<DistributionAggregate>(&row_.value);
    if (distribution == nullptr || is_partial_ || distribution->digest.empty()) return;
    if (options_.histograms == HistogramForm::kNative) AddNative(distribution->digest);
    if (options_.histograms == HistogramForm::kVmrange) AddVmrange(distribution->digest);
  }

  void AddNative(const TDigest& digest) {
    auto histogram = std::make_shared<const ExponentialHistogram>(
        ExponentialHistogram::FromDigest(digest, kMaxNativeBuckets, options_.histogram_schema));
    if (histogram->scale < kMinNativeSchema) return;  // values from the end of doubles to the other
    auto zero = std::make_shared<ExponentialHistogram>();
    zero->scale = histogram->scale;
    points_.push_back({base_, labels_, 0, start_ms_ + 1, std::move(zero)});
    points_.push_back({base_, labels_, 0, end_ms_, std::move(histogram)});
  }

  void AddVmrange(const TDigest& digest) {
    for (const VmrangeBucket& bucket : VmrangeBuckets(digest)) {
      Labels labels = labels_;
      SetLabel(labels, kVmrangeLabel, bucket.range);
      points_.push_back({base_ + "_bucket", labels, 0, start_ms_ + 1});
      Add(base_ + "_bucket", std::move(labels), static_cast<double>(bucket.count));
    }
  }

  void AddCoverage() {
    if (!IsDistribution(row_.key->type) || row_.coverage >= 1) return;
    Labels labels = labels_;
    for (const auto& [name, value] : labels_) {
      if (name == "metric") SetLabel(labels, "exported_metric", value);
    }
    SetLabel(labels, "metric", ValidUtf8(base_));
    Add("tributary_coverage_ratio", std::move(labels), row_.coverage);
  }

  void SetFurtherLabels() {
    Labels labels = options_.labels;
    for (const auto& [name, value] : labels_) SetLabel(labels, name, value);
    labels_ = std::move(labels);
  }

  void SetFlags() {
    if (is_partial_) SetLabel(labels_, "tributary_partial", "1");
    if (row_.late) SetLabel(labels_, "tributary_late", "1");
  }

  void Add(std::string name, Labels labels, double value) {
    points_.push_back({std::move(name), std::move(labels), value, end_ms_});
  }

  const Row& row_;
  const PointOptions& options_;
  const int64_t start_ms_;
  const int64_t end_ms_;
  const bool is_partial_;
  std::string base_;
  Labels labels_;
  std::vector<Point> points_;
};

}  // namespace

std::vector<Point> PointsOf(const Row& row, const IntervalScale& scale, const PointOptions& options) {
  return PointMaker(row, scale, options).Make();
}

}  // namespace tributary
