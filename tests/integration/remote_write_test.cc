// What RemoteWriteSink sends is what VictoriaMetrics and Prometheus hold, read back through their own APIs.

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/sink/remote_write_sink.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"
#include "tests/integration/storage_process.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Lt;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Program = StorageProcess::Program;

class StorageTest : public ::testing::Test {
 protected:
  explicit StorageTest(Program program) : storage_(program), sink_(MakeSink()) {}

  RemoteWriteSink MakeSink(HistogramForm histograms = HistogramForm::kNone, int schema = 4) const {
    RemoteWriteSink::Options options;
    options.points.histograms = histograms;
    options.points.histogram_schema = schema;
    options.request.url = storage_.url("/api/v1/write");
    options.points.statistics.percentiles = {0.5, 0.999};
    options.points.statistics.aggregates = {Statistic::kCount, Statistic::kSum, Statistic::kMin, Statistic::kMax};
    return RemoteWriteSink(options, TenSeconds());
  }
  int64_t End(IntervalIndex interval) const { return absl::ToUnixMillis(TenSeconds().End(interval)); }
  absl::Time After(IntervalIndex interval) const { return TenSeconds().End(interval); }
  void Deliver(const std::vector<Row>& rows) {
    const SinkResult result = sink_.Write(rows);
    ASSERT_TRUE(result.status.ok()) << result.status;
    ASSERT_EQ(result.delivered, rows.size());
  }
  bool AwaitSeries(const std::string& series, IntervalIndex until) {
    const absl::Time give_up = absl::Now() + absl::Seconds(60);
    while (!storage_.ReadAll(After(until)).contains(series)) {
      if (absl::Now() > give_up) return false;
      absl::SleepFor(absl::Milliseconds(100));
    }
    return true;
  }
  // A total that begins at `first` with `values`, one per interval.
  std::vector<Row> Counted(const std::string& name, IntervalIndex first, const std::vector<double>& values) const {
    std::vector<Row> rows;
    double total = 0;
    for (const double value : values) {
      const IntervalIndex interval = first + static_cast<IntervalIndex>(rows.size());
      rows.push_back(CounterRow(name, value, total, {}, interval));
      rows.back().total->since = first;
      total += value;
    }
    return rows;
  }

  // Ten minutes ago: within what every storage takes, and what its queries show.
  const IntervalIndex now_ = TenSeconds().At(absl::Now()) - 60;
  StorageProcess storage_;
  RemoteWriteSink sink_;
};

void ExpectEveryValueComesBack(StorageProcess& storage, RemoteWriteSink& sink, IntervalIndex i) {
  Row incomplete = TimerRow("api.slow", {0.25}, {}, i);
  incomplete.coverage = 0.995;
  Row partial = TimerRow("api.part", {0.25}, {}, i);
  partial.partial = true;
  std::vector<double> values(99, 1.5);
  values.push_back(123456.789);
  const SinkResult result = sink.Write({CounterRow("api.requests", 2.5, -1, {"env:prod", "canary"}, i),
                                        TimerRow("api.latency", values, {"region:eu"}, i),
                                        GaugeRow("pool-size", {-0.1}, {"host:n1"}, i), incomplete, partial});
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.delivered, 5u);
  const int64_t start = absl::ToUnixMillis(TenSeconds().Start(i));
  const int64_t end = absl::ToUnixMillis(TenSeconds().End(i));
  const auto one = [end](double value) { return ElementsAre(Pair(end, value)); };
  EXPECT_THAT(
      storage.WaitForSamples(20, TenSeconds().End(i)),
      UnorderedElementsAre(
          Pair("api_requests_total{canary=true,env=prod}", ElementsAre(Pair(start + 1, 0.0), Pair(end, 2.5))),
          Pair("api_latency{quantile=0.5,region=eu}", one(1.5)),
          Pair("api_latency{quantile=0.999,region=eu}", one(123456.789)),
          Pair("api_latency_count{region=eu}", one(101)), Pair("api_latency_sum{region=eu}", one(124605.289)),
          Pair("api_latency_min{region=eu}", one(1.5)), Pair("api_latency_max{region=eu}", one(123456.789)),
          Pair("pool_size{host=n1}", one(-0.1)), Pair("api_slow{quantile=0.5}", one(0.25)),
          Pair("api_slow{quantile=0.999}", one(0.25)), Pair("api_slow_count{}", one(2)),
          Pair("api_slow_sum{}", one(1000.25)), Pair("api_slow_min{}", one(0.25)), Pair("api_slow_max{}", one(0.25)),
          Pair("tributary_coverage_ratio{metric=api_slow}", one(0.995)),
          Pair("api_part_count{tributary_partial=1}", one(1)), Pair("api_part_sum{tributary_partial=1}", one(0.25)),
          Pair("api_part_min{tributary_partial=1}", one(0.25)), Pair("api_part_max{tributary_partial=1}", one(0.25))));
}

class VictoriaMetricsTest : public StorageTest {
 protected:
  VictoriaMetricsTest() : StorageTest(Program::kVictoriaMetrics) {}
};

TEST_F(VictoriaMetricsTest, EveryValueComesBackExactly) { ExpectEveryValueComesBack(storage_, sink_, now_); }

// With -dedup.minScrapeInterval=1ms, which docs/derived-names.md asks for.
TEST_F(VictoriaMetricsTest, WritingAgainChangesNothing) {
  const std::vector<Row> rows = Counted("c", now_, {1, 2, 3});
  Deliver(rows);
  Deliver(rows);
  EXPECT_THAT(storage_.WaitForSamples(4, After(now_ + 2))["c_total{}"],
              ElementsAre(Pair(End(now_ - 1) + 1, 0.0), Pair(End(now_), 1.0), Pair(End(now_ + 1), 3.0),
                          Pair(End(now_ + 2), 6.0)));
}

TEST_F(VictoriaMetricsTest, IncreaseSeesAllOfATotalThatBeginsAnew) {
  Deliver(Counted("c", now_, {7, 1, 2}));
  Deliver(Counted("c", now_ + 3, {5, 4}));
  storage_.WaitForSamples(7, After(now_ + 4));
  EXPECT_EQ(storage_.Query("increase(c_total[50s])", After(now_ + 4)), 7 + 1 + 2 + 5 + 4);
}

// An interval whose value was partial, those after it, then what follows: the whole value, in the place that is its own
// still, and a late version, which no storage is asked to add to what it was told.
class LateData {
 public:
  LateData(const std::function<SinkResult(std::vector<Row>)>& write, IntervalIndex first) {
    Row partial = TimerRow("t", {1, 2}, {}, first);
    partial.partial = true;
    partial.coverage = 0.5;
    const auto told = write({partial, TimerRow("t", {7}, {}, first + 1), TimerRow("t", {8}, {}, first + 2)});
    EXPECT_EQ(told.delivered, 3u);
    whole_ = write({TimerRow("t", {1, 2, 3, 4}, {}, first)});
    Row late = TimerRow("t", {100}, {}, first + 1);
    late.late = true;
    late.version = 2;
    late_ = write({late});
  }
  const SinkResult& whole() const { return whole_; }
  const SinkResult& late() const { return late_; }

 private:
  SinkResult whole_;
  SinkResult late_;
};

// Under the name of the complete value there are complete values only, each told once.
void ExpectMaximum(const StorageProcess::Samples& stored, int64_t first_end, bool has_whole) {
  std::vector<std::pair<int64_t, double>> expected = {{first_end + 10'000, 7}, {first_end + 20'000, 8}};
  if (has_whole) expected.insert(expected.begin(), {first_end, 4});
  EXPECT_EQ(stored.at("t_max{}"), expected);
  EXPECT_THAT(stored.at("t_max{tributary_partial=1}"), ElementsAre(Pair(first_end, 2)));
  EXPECT_THAT(stored.at("t_max{tributary_late=1}"), ElementsAre(Pair(first_end + 10'000, 100)));
}

TEST_F(VictoriaMetricsTest, WholeValuesAndLateOnesComeAfterNewerOnes) {
  const LateData data([&](const std::vector<Row>& rows) { return sink_.Write(rows); }, now_);
  EXPECT_EQ(data.whole().delivered, 1u);
  EXPECT_EQ(data.late().delivered, 1u);
  ASSERT_TRUE(AwaitSeries("t_max{tributary_late=1}", now_ + 2));
  ExpectMaximum(storage_.ReadAll(After(now_ + 2)), End(now_), true);
}

class PrometheusOutOfOrderTest : public StorageTest {
 protected:
  PrometheusOutOfOrderTest() : StorageTest(Program::kPrometheusOutOfOrder) {}
};

TEST_F(PrometheusOutOfOrderTest, WholeValuesAndLateOnesComeAfterNewerOnes) {
  const LateData data([&](const std::vector<Row>& rows) { return sink_.Write(rows); }, now_);
  EXPECT_EQ(data.whole().delivered, 1u);
  EXPECT_EQ(data.late().delivered, 1u);
  ExpectMaximum(storage_.ReadAll(After(now_ + 2)), End(now_), true);
}

class PrometheusTest : public StorageTest {
 protected:
  PrometheusTest() : StorageTest(Program::kPrometheus) {}
};

TEST_F(PrometheusTest, EveryValueComesBackExactly) { ExpectEveryValueComesBack(storage_, sink_, now_); }

TEST_F(PrometheusTest, TotalThatBeginsAnewIsOneReset) {
  Deliver(Counted("c", now_, {7, 1, 2}));
  Deliver(Counted("c", now_ + 3, {50, 4}));  // beyond the old total: only the zero shows that it is a new one
  EXPECT_EQ(storage_.Query("resets(c_total[50s])", After(now_ + 4)), 1);
}

TEST_F(PrometheusTest, WritingAgainChangesNothing) {
  const std::vector<Row> rows = {GaugeRow("g", {1}, {}, now_), TimerRow("t", {2}, {}, now_)};
  Deliver(rows);
  Deliver(rows);
  EXPECT_THAT(storage_.ReadAll(After(now_))["g{}"], ElementsAre(Pair(End(now_), 1.0)));
}

TEST_F(PrometheusTest, WritingOlderIntervalsAgainChangesNothing) {
  const std::vector<Row> rows = Counted("c", now_, {1, 2, 3});
  Deliver(rows);
  const StorageProcess::Samples before = storage_.ReadAll(After(now_ + 2));
  const SinkResult again = sink_.Write(rows);
  EXPECT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.delivered, 1u);
  EXPECT_EQ(again.dropped[static_cast<size_t>(SinkDropReason::kOutOfOrder)], 2u);
  EXPECT_EQ(storage_.ReadAll(After(now_ + 2)), before);
}

TEST_F(PrometheusTest, WholeValuesAfterNewerOnesAreRefusedAndCountedAndLateOnesAreNot) {
  const LateData data([&](const std::vector<Row>& rows) { return sink_.Write(rows); }, now_);
  EXPECT_EQ(data.whole().dropped[static_cast<size_t>(SinkDropReason::kOutOfOrder)], 1u);
  EXPECT_EQ(data.late().delivered, 1u);
  ExpectMaximum(storage_.ReadAll(After(now_ + 2)), End(now_), false);
}

TEST_F(PrometheusTest, RefusedSampleLeavesTheRest) {
  Deliver({GaugeRow("g", {1}, {}, now_)});
  const SinkResult result =
      sink_.Write({GaugeRow("a", {1}, {}, now_), GaugeRow("g", {2}, {}, now_), GaugeRow("z", {3}, {}, now_)});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.delivered, 2u);
  EXPECT_EQ(result.dropped[static_cast<size_t>(SinkDropReason::kOutOfOrder)], 1u);
  EXPECT_THAT(storage_.ReadAll(After(now_)), UnorderedElementsAre(Pair("a{}", ElementsAre(Pair(End(now_), 1.0))),
                                                                  Pair("g{}", ElementsAre(Pair(End(now_), 1.0))),
                                                                  Pair("z{}", ElementsAre(Pair(End(now_), 3.0)))));
}

// Log-normal latencies of two regions over half an hour, 200 and 100 a row.
class Latencies {
 public:
  explicit Latencies(IntervalIndex first) {
    std::mt19937_64 random(7);
    for (IntervalIndex interval = first; interval < first + 30; ++interval) {
      for (const auto& [region, count, middle] : {std::tuple("eu", 200, -1.6), std::tuple("us", 100, -2.1)}) {
        std::lognormal_distribution<double> latency(middle, 0.6);
        std::vector<double> values;
        for (int i = 0; i < count; ++i) values.push_back(latency(random));
        for (double value : values) (region[0] == 'e' ? eu_ : us_).push_back(value);
        rows_.push_back(TimerRow("api.latency", values, {std::string("region:") + region}, interval));
      }
    }
  }
  const std::vector<Row>& rows() const { return rows_; }
  std::vector<double> eu() const { return eu_; }
  std::vector<double> all() const {
    std::vector<double> all = eu_;
    all.insert(all.end(), us_.begin(), us_.end());
    return all;
  }

 private:
  std::vector<Row> rows_;
  std::vector<double> eu_, us_;
};

double Exact(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1];
}

class PrometheusHistogramTest : public StorageTest {
 protected:
  PrometheusHistogramTest() : StorageTest(Program::kPrometheusHistograms) {}

  double Quantile(double quantile, const std::string& selector) {
    return storage_.Query(
        absl::StrCat("histogram_quantile(", quantile, ", sum(increase(api_latency", selector, "[5m])))"),
        After(now_ + 29));
  }
};

TEST_F(PrometheusHistogramTest, PercentilesAreExactWithinABucket) {
  const Latencies latencies(now_);
  RemoteWriteSink sink = MakeSink(HistogramForm::kNative, 5);
  EXPECT_EQ(sink.Write(latencies.rows()).delivered, latencies.rows().size());
  const double ratio = std::exp2(std::exp2(-5)) * 1.002;  // and a little for the digests
  for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
    EXPECT_THAT(Quantile(quantile, "{quantile=\"\"}") / Exact(latencies.all(), quantile),
                AllOf(Gt(1 / ratio), Lt(ratio)));
    EXPECT_THAT(Quantile(quantile, "{quantile=\"\",region=\"eu\"}") / Exact(latencies.eu(), quantile),
                AllOf(Gt(1 / ratio), Lt(ratio)));
  }
}

// No interval is counted twice or not at all: the windows end where intervals do.
TEST_F(PrometheusHistogramTest, IncreaseAndRateCountEverySampleOnce) {
  const Latencies latencies(now_);
  RemoteWriteSink sink = MakeSink(HistogramForm::kNative);
  sink.Write(latencies.rows());
  const auto at = [&](const std::string& query, IntervalIndex interval) {
    return storage_.Query(query, After(interval));
  };
  const std::string counted = "histogram_count(sum(increase(api_latency{quantile=\"\"}[100s])))";
  EXPECT_NEAR(at(counted, now_ + 9), 3000, 1);
  EXPECT_NEAR(at(counted, now_ + 29), 3000, 1e-6);
  const std::vector<double> all = latencies.all();
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  EXPECT_NEAR(at("histogram_sum(sum(rate(api_latency{quantile=\"\"}[300s]))) * 300", now_ + 29), sum, sum * 1e-5);
  const auto fast = std::count_if(all.begin(), all.end(), [](double latency) { return latency < 0.2; });
  EXPECT_NEAR(at("histogram_fraction(0, 0.2, sum(increase(api_latency{quantile=\"\"}[300s])))", now_ + 29),
              static_cast<double>(fast) / static_cast<double>(all.size()), 0.01);
}

TEST_F(PrometheusHistogramTest, NegativeValuesZeroesAndWideRangesComeBack) {
  RemoteWriteSink sink = MakeSink(HistogramForm::kNative);
  std::vector<double> values = {-1000, -0.001, 0, 0, 1e-9, 5, 5e9};
  EXPECT_EQ(sink.Write({TimerRow("wide", values, {}, now_)}).delivered, 1u);
  EXPECT_EQ(storage_.Query("histogram_count(wide{quantile=\"\"})", After(now_)), 7);
  const double ratio = 2;  // fifty octaves of each sign are coarse
  EXPECT_THAT(storage_.Query("histogram_quantile(1, wide{quantile=\"\"})", After(now_)),
              AllOf(Ge(5e9), Lt(5e9 * ratio)));
  EXPECT_THAT(storage_.Query("histogram_quantile(0, wide{quantile=\"\"})", After(now_)),
              AllOf(Le(-1000), Gt(-1000 * ratio)));
  EXPECT_EQ(storage_.Query("histogram_quantile(0.5, wide{quantile=\"\"})", After(now_)), 0);
}

// Without the feature it says so with a 500: rows wait until it is there, and the log tells why.
TEST_F(PrometheusTest, RowsWaitForTheFeature) {
  RemoteWriteSink sink = MakeSink(HistogramForm::kNative);
  const SinkResult result = sink.Write({TimerRow("t", {1, 2}, {}, now_), GaugeRow("g", {1}, {}, now_)});
  EXPECT_EQ(result.settled(), 0u);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("native histograms are disabled"));
}

TEST_F(VictoriaMetricsTest, PercentilesOfVmrangeBucketsAreExactWithinABucket) {
  const Latencies latencies(now_);
  RemoteWriteSink sink = MakeSink(HistogramForm::kVmrange);
  EXPECT_EQ(sink.Write(latencies.rows()).delivered, latencies.rows().size());
  ASSERT_TRUE(AwaitSeries("api_latency_count{region=us}", now_ + 29));
  const auto at = [&](const std::string& query) { return storage_.Query(query, After(now_ + 29)); };
  EXPECT_EQ(at("sum(increase(api_latency_bucket[300s]))"), 9000);
  EXPECT_EQ(at("sum(increase(api_latency_bucket{region=\"us\"}[100s]))"), 1000);
  const double ratio = std::pow(10, 1.0 / 18) * 1.002;
  for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
    const std::string of_all =
        absl::StrCat("histogram_quantile(", quantile, ", sum(increase(api_latency_bucket[300s])) by (vmrange))");
    EXPECT_THAT(at(of_all) / Exact(latencies.all(), quantile), AllOf(Gt(1 / ratio), Lt(ratio))) << quantile;
  }
  EXPECT_NEAR(
      at("histogram_share(0.2, sum(increase(api_latency_bucket{region=\"eu\"}[300s])) by (vmrange))"),
      [eu = latencies.eu()] {
        return static_cast<double>(std::count_if(eu.begin(), eu.end(), [](double v) { return v < 0.2; })) /
               static_cast<double>(eu.size());
      }(),
      0.02);
}

}  // namespace
}  // namespace tributary
