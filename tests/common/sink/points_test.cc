#include "common/sink/points.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string Text(const Point& point) {
  std::vector<std::string> labels;
  for (const auto& [name, value] : point.labels) labels.push_back(absl::StrCat(name, "=", value));
  const std::string value =
      point.histogram == nullptr
          ? absl::StrFormat("%g", point.value)
          : absl::StrFormat("<%d samples, schema %d>", point.histogram->count, point.histogram->scale);
  return absl::StrFormat("%s{%s} %s @%d", point.name, absl::StrJoin(labels, ","), value, point.unix_ms);
}

std::vector<std::string> Texts(const Row& row, const PointOptions& options = {}) {
  std::vector<std::string> texts;
  for (const Point& point : PointsOf(row, TenSeconds(), options)) texts.push_back(Text(point));
  return texts;
}

PointOptions With(std::vector<double> percentiles, std::vector<Statistic> aggregates) {
  PointOptions options;
  options.statistics.percentiles = std::move(percentiles);
  options.statistics.aggregates = std::move(aggregates);
  return options;
}

PointOptions Dotted(Naming naming = Naming::kDotted) {
  PointOptions options = With({0.5, 0.99, 0.999}, {Statistic::kCount, Statistic::kMax, Statistic::kMedian});
  options.naming = naming;
  return options;
}

const std::vector<Statistic> kEveryAggregate = {Statistic::kCount, Statistic::kSum, Statistic::kMin,
                                                Statistic::kMax,   Statistic::kAvg, Statistic::kMedian,
                                                Statistic::kHmean};

// 99 ones and one 101: mean 2, and both values are held exactly.
Row SpikyTimer() {
  std::vector<double> values(99, 1.0);
  values.push_back(101);
  return TimerRow("api.latency", values, {"region:eu"});
}

// The table of docs/derived-names.md, row by row.

TEST(PrometheusPointsTest, CounterIsARunningTotal) {
  EXPECT_THAT(Texts(CounterRow("api.requests", 5, 37, {"env:prod"})),
              ElementsAre("api_requests_total{env=prod} 42 @1010000"));
}

TEST(PrometheusPointsTest, NewTotalBeginsWithAZeroJustInsideItsInterval) {
  EXPECT_THAT(Texts(CounterRow("api.requests", 5)),
              ElementsAre("api_requests_total{} 0 @1000001", "api_requests_total{} 5 @1010000"));
}

TEST(PrometheusPointsTest, CounterWithoutATotalTellsNothing) {
  Row row = CounterRow("api.requests", 5);
  row.total.reset();
  EXPECT_THAT(Texts(row), IsEmpty());
}

TEST(PrometheusPointsTest, IntervalFormTellsWhatTheIntervalAdded) {
  PointOptions options = With({}, {Statistic::kCount, Statistic::kSum});
  options.counters = CounterForm::kInterval;
  EXPECT_THAT(Texts(CounterRow("api.requests", 5, 37), options), ElementsAre("api_requests{} 5 @1010000"));
  EXPECT_THAT(Texts(TimerRow("t", {2, 3}), options), ElementsAre("t_count{} 2 @1010000", "t_sum{} 5 @1010000"));
}

TEST(PrometheusPointsTest, TimerIsASummary) {
  EXPECT_THAT(Texts(SpikyTimer(), With({0.5, 0.999}, kEveryAggregate)),
              UnorderedElementsAre("api_latency_count{region=eu} 101 @1010000",
                                   "api_latency_sum{region=eu} 1200 @1010000", "api_latency_min{region=eu} 1 @1010000",
                                   "api_latency_max{region=eu} 101 @1010000", "api_latency_avg{region=eu} 2 @1010000",
                                   // 100 / (99 / 1 + 1 / 101)
                                   "api_latency_hmean{region=eu} 1.01 @1010000",
                                   "api_latency{quantile=0.5,region=eu} 1 @1010000",
                                   "api_latency{quantile=0.999,region=eu} 101 @1010000"));
}

TEST(PrometheusPointsTest, NewTotalOfATimerBeginsWithZeroes) {
  Row row = TimerRow("t", {2, 3});
  row.total->since = row.interval;
  EXPECT_THAT(
      Texts(row, With({}, {Statistic::kCount, Statistic::kSum})),
      ElementsAre("t_count{} 0 @1000001", "t_count{} 3 @1010000", "t_sum{} 0 @1000001", "t_sum{} 1005 @1010000"));
}

PointOptions Histograms(HistogramForm form) {
  PointOptions options = With({}, {});
  options.histograms = form;
  return options;
}

TEST(PrometheusPointsTest, NativeHistogramsBeginAnewWithEachInterval) {
  PointOptions options = Histograms(HistogramForm::kNative);
  EXPECT_THAT(Texts(SpikyTimer(), options), ElementsAre("api_latency{region=eu} <0 samples, schema 4> @1000001",
                                                        "api_latency{region=eu} <100 samples, schema 4> @1010000"));
  options.histogram_schema = -1;
  EXPECT_THAT(Texts(SpikyTimer(), options), ElementsAre("api_latency{region=eu} <0 samples, schema -1> @1000001",
                                                        "api_latency{region=eu} <100 samples, schema -1> @1010000"));
}

TEST(PrometheusPointsTest, NativeHistogramsGetCoarserRatherThanLong) {
  // Forty octaves are 640 buckets at schema 4, and 320 at 3.
  EXPECT_THAT(Texts(TimerRow("t", {1.5, 1.5 * 0x1p39}), Histograms(HistogramForm::kNative)),
              Contains("t{} <2 samples, schema 3> @1010000"));
}

TEST(PrometheusPointsTest, VmrangeBucketsBeginAnewWithEachInterval) {
  EXPECT_THAT(Texts(TimerRow("t", {1, 1, 2}), Histograms(HistogramForm::kVmrange)),
              ElementsAre("t_bucket{vmrange=8.799e-01...1.000e+00} 0 @1000001",
                          "t_bucket{vmrange=8.799e-01...1.000e+00} 2 @1010000",
                          "t_bucket{vmrange=1.896e+00...2.154e+00} 0 @1000001",
                          "t_bucket{vmrange=1.896e+00...2.154e+00} 1 @1010000"));
}

TEST(PrometheusPointsTest, PartialRowsTellNoHistogramAndLateOnesTheirOwn) {
  Row partial = TimerRow("t", {1, 2});
  partial.partial = true;
  Row late = TimerRow("t", {1, 2});
  late.late = true;
  for (const HistogramForm form : {HistogramForm::kNative, HistogramForm::kVmrange}) {
    EXPECT_THAT(Texts(partial, Histograms(form)), IsEmpty());
    EXPECT_THAT(Texts(CounterRow("c", 1, 5), Histograms(form)), ElementsAre("c_total{} 6 @1010000"));
  }
  EXPECT_THAT(Texts(late, Histograms(HistogramForm::kNative)),
              Contains("t{tributary_late=1} <2 samples, schema 4> @1010000"));
}

TEST(DottedPointsTest, TellsNoHistograms) {
  PointOptions options = Histograms(HistogramForm::kNative);
  options.naming = Naming::kDotted;
  EXPECT_THAT(Texts(TimerRow("t", {1, 2}), options), IsEmpty());
}

TEST(PrometheusPointsTest, MedianIsTheQuantileOneHalfAndToldOnce) {
  EXPECT_THAT(Texts(TimerRow("t", {7, 7}), With({}, {Statistic::kMedian})), ElementsAre("t{quantile=0.5} 7 @1010000"));
  EXPECT_THAT(Texts(TimerRow("t", {7, 7}), With({0.5}, {Statistic::kMedian})),
              ElementsAre("t{quantile=0.5} 7 @1010000"));
}

TEST(PrometheusPointsTest, SumAndAverageAreToldWhenTheyAreZero) {
  EXPECT_THAT(Texts(TimerRow("t", {-4, 4}), With({}, {Statistic::kAvg, Statistic::kSum})),
              UnorderedElementsAre("t_avg{} 0 @1010000", "t_sum{} 1000 @1010000"));
}

TEST(PrometheusPointsTest, NoHarmonicMeanOnceAValueWasZero) {
  EXPECT_THAT(Texts(TimerRow("t", {0, 4}), With({}, {Statistic::kHmean})), IsEmpty());
}

TEST(PrometheusPointsTest, GaugeIsItsLastValue) {
  EXPECT_THAT(Texts(GaugeRow("pool.size", {9, 1, 5})), ElementsAre("pool_size{} 5 @1010000"));
}

TEST(PrometheusPointsTest, GaugeTellsMinMaxAndAverageWhenAsked) {
  PointOptions options;
  options.statistics.gauge_aggregates = {Statistic::kMin, Statistic::kMax, Statistic::kAvg};
  EXPECT_THAT(Texts(GaugeRow("g", {9, 1, 5}), options),
              ElementsAre("g{} 5 @1010000", "g_min{} 1 @1010000", "g_max{} 9 @1010000", "g_avg{} 5 @1010000"));
}

TEST(PrometheusPointsTest, SetIsItsEstimate) {
  Row row = MakeRow(MetricType::kSet, "users");
  for (const char* member : {"a", "b", "a"}) std::get<SetAggregate>(row.value).Add(member);
  const std::vector<Point> points = PointsOf(row, TenSeconds(), {});
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].name, "users");
  EXPECT_NEAR(points[0].value, 2, 0.01);
}

TEST(PrometheusPointsTest, CheckIsItsStatus) {
  Row row = MakeRow(MetricType::kCheck, "db.up");
  std::get<CheckAggregate>(row.value).status = 2;
  EXPECT_THAT(Texts(row), ElementsAre("db_up{} 2 @1010000"));
}

TEST(PrometheusPointsTest, FurtherLabelsYieldToTags) {
  PointOptions options;
  options.labels = {{"cluster", "c1"}, {"env", "dev"}};
  EXPECT_THAT(Texts(GaugeRow("g", {1}, {"env:prod"}), options), ElementsAre("g{cluster=c1,env=prod} 1 @1010000"));
}

TEST(PartialRowTest, HasNoPercentilesAndNoMedian) {
  Row row = SpikyTimer();
  row.partial = true;
  row.coverage = 0.5;
  for (const Naming naming : {Naming::kPrometheus, Naming::kDotted, Naming::kVeneur}) {
    PointOptions options = With({0.5, 0.999}, kEveryAggregate);
    options.naming = naming;
    const std::string all = absl::StrJoin(Texts(row, options), "\n");
    EXPECT_THAT(all, Not(HasSubstr("quantile")));
    EXPECT_THAT(all, Not(HasSubstr("median")));
    EXPECT_THAT(all, Not(HasSubstr(".p")));
    EXPECT_THAT(all, Not(HasSubstr("percentile")));
  }
}

TEST(PartialRowTest, TellsTheIntervalUnderAFlagAndNoTotal) {
  Row row = TimerRow("t", {2, 3});
  row.partial = true;
  EXPECT_THAT(Texts(row, With({0.5}, {Statistic::kCount, Statistic::kSum, Statistic::kMin, Statistic::kMax})),
              ElementsAre("t_count{tributary_partial=1} 2 @1010000", "t_sum{tributary_partial=1} 5 @1010000",
                          "t_min{tributary_partial=1} 2 @1010000", "t_max{tributary_partial=1} 3 @1010000"));
  Row counter = CounterRow("c", 5, 37);
  counter.partial = true;
  EXPECT_THAT(Texts(counter), ElementsAre("c{tributary_partial=1} 5 @1010000"));
}

TEST(PartialRowTest, StillBeginsANewTotalOfTheMainSeries) {
  Row row = CounterRow("c", 5);
  row.partial = true;
  EXPECT_THAT(Texts(row), ElementsAre("c_total{} 0 @1000001", "c{tributary_partial=1} 5 @1010000"));
}

TEST(PartialRowTest, StrictMakesEveryIncompleteRowPartial) {
  PointOptions options = With({0.99}, {Statistic::kCount});
  Row row = TimerRow("t", {2, 3});
  row.coverage = 0.995;
  EXPECT_THAT(Texts(row, options), Contains("t{quantile=0.99} 3 @1010000"));
  options.statistics.strict = true;
  EXPECT_THAT(Texts(row, options),
              ElementsAre("t_count{tributary_partial=1} 2 @1010000",
                          "tributary_coverage_ratio{metric=t,tributary_partial=1} 0.995 @1010000"));
}

TEST(LateRowTest, TellsTheIntervalUnderAFlagAndNoTotal) {
  Row row = TimerRow("t", {7, 7});
  row.late = true;
  row.total->since = row.interval;
  EXPECT_THAT(Texts(row, With({0.5}, {Statistic::kCount})),
              ElementsAre("t_count{tributary_late=1} 2 @1010000", "t{quantile=0.5,tributary_late=1} 7 @1010000"));
}

TEST(CoverageTest, AccompaniesPercentilesOfAPartOfTheFleet) {
  Row row = TimerRow("api.latency", {7, 7}, {"region:eu", "metric:x"});
  row.coverage = 0.992;
  EXPECT_THAT(Texts(row, With({0.99}, {})),
              ElementsAre("api_latency{metric=x,quantile=0.99,region=eu} 7 @1010000",
                          "tributary_coverage_ratio{exported_metric=x,metric=api_latency,region=eu} 0.992 @1010000"));
}

TEST(CoverageTest, IsNotToldOfTheWholeFleet) {
  EXPECT_THAT(Texts(TimerRow("t", {7}), With({0.99}, {})), ElementsAre("t{quantile=0.99} 7 @1010000"));
}

TEST(DottedPointsTest, KeepsNamesAndTellsIntervals) {
  EXPECT_THAT(Texts(SpikyTimer(), Dotted()),
              ElementsAre("api.latency.count{region=eu} 100 @1010000", "api.latency.max{region=eu} 101 @1010000",
                          "api.latency.median{region=eu} 1 @1010000", "api.latency.p50{region=eu} 1 @1010000",
                          "api.latency.p99{region=eu} 1 @1010000", "api.latency.p99.9{region=eu} 101 @1010000"));
  EXPECT_THAT(Texts(CounterRow("a.b-c", 5, 37, {"foo"}), Dotted()), ElementsAre("a.b-c{foo=true} 5 @1010000"));
}

TEST(DottedPointsTest, VeneurSpellsPercentilesItsWay) {
  EXPECT_THAT(
      Texts(TimerRow("t", {7, 7}), Dotted(Naming::kVeneur)),
      ElementsAre("t.count{} 2 @1010000", "t.max{} 7 @1010000", "t.median{} 7 @1010000", "t.50percentile{} 7 @1010000",
                  "t.99percentile{} 7 @1010000", "t.99.9percentile{} 7 @1010000"));
}

TEST(PercentileNameTest, NeverMergesTwoPercentiles) {
  EXPECT_EQ(PercentileName(0.5), "p50");
  EXPECT_EQ(PercentileName(0.29), "p29");
  EXPECT_EQ(PercentileName(0.57), "p57");
  EXPECT_EQ(PercentileName(0.999), "p99.9");
  EXPECT_EQ(PercentileName(0.99999), "p99.999");
  EXPECT_EQ(PercentileName(0), "p0");
  EXPECT_EQ(PercentileName(1), "p100");
  EXPECT_EQ(QuantileLabel(0.999), "0.999");
  EXPECT_EQ(QuantileLabel(1), "1");
}

}  // namespace
}  // namespace tributary
