// What RemoteWriteSink sends is what VictoriaMetrics and Prometheus hold, read back through their own APIs.

#include <functional>

#include "absl/time/clock.h"
#include "common/sink/remote_write_sink.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"
#include "tests/integration/storage_process.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Program = StorageProcess::Program;

class StorageTest : public ::testing::Test {
 protected:
  explicit StorageTest(Program program) : storage_(program), sink_(MakeSink()) {}

  RemoteWriteSink MakeSink() const {
    RemoteWriteSink::Options options;
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

}  // namespace
}  // namespace tributary
