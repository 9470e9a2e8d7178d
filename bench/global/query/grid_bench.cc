// One global's whole part of an answer, but for gRPC: p99 by ten groups over a thousand series, folded window by window
// from rows of the length that covers them; and what such questions cost the commits beside them.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "global/query/grid_selection.h"
#include "global/store/row_table.h"
#include "rocksdb/write_batch.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr int kSeries = 1000;
constexpr int kGroups = 10;
constexpr int kSamplesOfARow = 10;
constexpr int kKinds = 256;  // different digests: making them is not what is measured
constexpr IntervalIndex kHour = 360;
constexpr IntervalIndex kFirst = 1000 * kHour;

std::vector<Aggregate> Timers(int samples) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<> latency(2, 1);
  std::vector<Aggregate> timers(kKinds);
  for (Aggregate& timer : timers) {
    DistributionAggregate made;
    for (int i = 0; i < samples; ++i) made.Add(latency(random), 1);
    timer = std::move(made);
  }
  return timers;
}

SharedSeriesKey KeyOf(int series) {
  return SeriesKey{
      "api.latency", {absl::StrCat("host:h", series), absl::StrCat("region:r", series % kGroups)}, MetricType::kTimer};
}

// Intervals, one after another, as an owner commits them.
class Owner {
 public:
  Owner() : store_(directory_.path()), timers_(Timers(kSamplesOfARow)) {
    store_.now = store_.scale.Start(kFirst);
    store_.Reopen();
    for (int i = 0; i < kSeries; ++i) keys_.push_back(KeyOf(i));
  }
  void Commit(IntervalIndex interval) {
    std::vector<Row> rows;
    for (const SharedSeriesKey& key : keys_) {
      Row row;
      row.key = key;
      row.interval = interval;
      row.contributors = 1;
      row.total = RunningTotal{Fixed128(), Fixed192(), kFirst};
      row.value = timers_[random_() % kKinds];
      rows.push_back(std::move(row));
    }
    CommitPlan plan;
    plan.windows.push_back(CommitOfRows(interval, std::move(rows)));
    plan.sealed_through = interval;
    TRIBUTARY_CHECK(store_.Commit(plan).ok());
  }
  void RollUp() {
    while (*store_.ledger->RollUp(2000)) {
    }
  }
  StoreHarness& store() { return store_; }

 private:
  const TempDir directory_;
  StoreHarness store_;
  std::vector<Aggregate> timers_;
  std::vector<SharedSeriesKey> keys_;
  std::mt19937_64 random_{2};
};

v1::GridRequest P99ByRegion(absl::Time to, absl::Duration window) {
  v1::GridRequest request;
  v1::Matcher& name = *request.add_matchers();
  name.set_label("__name__");
  name.set_op(v1::Matcher::OP_EQUAL);
  name.set_value("api_latency");
  request.set_start_unix_ms(absl::ToUnixMillis(to));
  request.set_step_ms(1);
  request.set_count(1);
  request.set_window_ms(absl::ToInt64Milliseconds(window));
  request.set_fold(v1::FOLD_INCREASE);
  request.set_grouped(true);
  request.add_group_labels("region");
  return request;
}

// Groups it answers with; every one is checked for what it has merged.
v1::Summary Ask(const RowReader& reader, const v1::GridRequest& request) {
  int groups = 0;
  GridSelection selection(reader, request, {});
  const absl::Status status = selection.Run([] { return false; },
                                            [&](const v1::GridResponse& response) {
                                              groups += response.series_size();
                                              return true;
                                            });
  TRIBUTARY_CHECK(status.ok() && groups == kGroups);
  return selection.summary();
}

void Measure(benchmark::State& state, const RowReader& reader, const v1::GridRequest& request, uint64_t rows) {
  v1::Summary summary;
  for (auto _ : state) summary = Ask(reader, request);
  TRIBUTARY_CHECK(summary.rows() == rows);
  state.counters["rows"] = static_cast<double>(summary.rows());
  state.counters["resolution_s"] = summary.resolution_ms() / 1e3;
}

void BM_Grid_HourOfTenSeconds(benchmark::State& state) {
  Owner owner;
  for (IntervalIndex i = 0; i < kHour; ++i) owner.Commit(kFirst + i);
  Measure(state, *owner.store().ledger, P99ByRegion(owner.store().scale.Start(kFirst + kHour), absl::Hours(1)),
          uint64_t{kSeries} * kHour);
}
BENCHMARK(BM_Grid_HourOfTenSeconds)->Unit(benchmark::kMillisecond);

// From half past to half past: no row of an hour fits.
void BM_Grid_HourOfMinutes(benchmark::State& state) {
  Owner owner;
  for (IntervalIndex i = 0; i < 2 * kHour; ++i) owner.Commit(kFirst + i);
  owner.RollUp();
  Measure(state, *owner.store().ledger, P99ByRegion(owner.store().scale.Start(kFirst + kHour * 3 / 2), absl::Hours(1)),
          uint64_t{kSeries} * 60);
}
BENCHMARK(BM_Grid_HourOfMinutes)->Unit(benchmark::kMillisecond);

// /samples in a row of an hour. The rows are put as rollups, and the store is told that it has made them.
void BM_Grid_WeekOfHours(benchmark::State& state) {
  constexpr int kHours = 7 * 24;
  const TempDir directory;
  StoreHarness store(directory.path());
  store.now = store.scale.Start(kFirst + kHours * kHour);
  store.Reopen();
  const RowTable::Shape shape = RowShapes(absl::Seconds(10)).back();
  const std::vector<Aggregate> timers = Timers(static_cast<int>(state.range(0)));
  std::mt19937_64 random(3);
  auto batch = std::make_unique<rocksdb::WriteBatch>();
  for (IntervalIndex hour = kFirst / kHour; hour < kFirst / kHour + kHours; ++hour) {
    for (int series = 0; series < kSeries; ++series) {
      Row row;
      row.key = KeyOf(series);
      row.contributors = 1;
      row.value = timers[random() % kKinds];
      RowKey at;
      at.resolution = shape.code;
      at.block = static_cast<uint32_t>(hour / (shape.block / shape.length));
      at.offset = static_cast<uint16_t>(hour % (shape.block / shape.length));
      const std::string value = EncodeRollup(IntervalMask::All(shape.intervals), shape.intervals, EncodeRow(row, 100));
      TRIBUTARY_CHECK(*store.ledger->Import(row.key, at, value, *batch));
    }
    TRIBUTARY_CHECK(store.database->Write(*batch, false).ok());
    batch = std::make_unique<rocksdb::WriteBatch>();
  }
  const IntervalIndex minutes = (kFirst + kHours * kHour) / 6, hours = kFirst / kHour + kHours;
  store.database->Put(*batch, Column::kControl, RollupProgressKey(2), absl::StrCat(minutes, " ", minutes));
  store.database->Put(*batch, Column::kControl, RollupProgressKey(3), absl::StrCat(hours, " ", hours));
  TRIBUTARY_CHECK(store.database->Write(*batch, true).ok());
  store.Reopen();
  Measure(state, *store.ledger, P99ByRegion(store.scale.Start(kFirst + kHours * kHour), absl::Hours(kHours)),
          uint64_t{kSeries} * kHours);
}
BENCHMARK(BM_Grid_WeekOfHours)->Arg(10)->Arg(3600)->Unit(benchmark::kMillisecond);

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

// Commits of 1,000 rows, ten a second, beside /dashboards that each ask for an hour of minutes every ten seconds; at
// most four questions at once, as SelectService has it. What a commit takes then, beside what it takes alone.
void BM_Grid_CommitBesideDashboards(benchmark::State& state) {
  Owner owner;
  IntervalIndex next = kFirst;
  while (next < kFirst + 2 * kHour) owner.Commit(next++);
  owner.RollUp();
  const v1::GridRequest request = P99ByRegion(owner.store().scale.Start(kFirst + kHour * 3 / 2), absl::Hours(1));
  std::atomic<bool> stop{false};
  std::atomic<int64_t> asked{0};
  const auto began = std::chrono::steady_clock::now();
  const double per_second = static_cast<double>(state.range(0)) / 10;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (static_cast<double>(asked) >= seconds * per_second) {
          absl::SleepFor(absl::Milliseconds(5));
          continue;
        }
        ++asked;
        Ask(*owner.store().ledger, request);
      }
    });
  }
  std::vector<double> seconds;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    owner.Commit(next++);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    state.SetIterationTime(seconds.back());
    owner.RollUp();
    absl::SleepFor(absl::Milliseconds(100));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  const double lasted = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  state.counters["commit_p50_ms"] = Quantile(seconds, 0.5) * 1e3;
  state.counters["commit_p99_ms"] = Quantile(seconds, 0.99) * 1e3;
  state.counters["answers_per_second"] = static_cast<double>(asked) / lasted;
}
BENCHMARK(BM_Grid_CommitBesideDashboards)
    ->Arg(0)
    ->Arg(100)
    ->Arg(0)
    ->Arg(100)
    ->Iterations(150)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary
