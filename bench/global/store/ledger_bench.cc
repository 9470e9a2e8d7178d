// A commit: series found by their keys, rows encoded, RocksDB's batch written and synced.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "global/store/ledger.h"
#include "rocksdb/write_batch.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr int kRows = 16'384;  // of a plan, at most
constexpr int kNames = 50;
constexpr int kSamplesPerTimer = 10;

CommitPlan Plan(MetricType type) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<> latency(2, 1);
  std::vector<Row> rows;
  CommitPlan plan;
  for (int i = 0; i < kRows; ++i) {
    Row row = CounterRow(absl::StrCat("api.latency.", i % kNames), 0, 1);
    row.key = SeriesKey{row.key->name, {"env:prod", absl::StrCat("route:r", i / kNames)}, type};
    row.total = RunningTotal{};
    if (type == MetricType::kTimer) {
      DistributionAggregate timer;
      for (int n = 0; n < kSamplesPerTimer; ++n) timer.Add(latency(random), 1);
      row.value = std::move(timer);
    }
    plan.totals.push_back({row.key, row.total, {}, 0});
    rows.push_back(std::move(row));
  }
  plan.windows.push_back(CommitOfRows(0, std::move(rows)));
  return plan;
}

// Per row. What is timed is what the commit thread does with a plan of known series.
void Commit(benchmark::State& state, MetricType type, bool write) {
  const TempDir directory;
  StoreHarness store(directory.path());
  CommitPlan plan = Plan(type);
  IntervalIndex interval = 1000;
  const auto advance = [&] {
    ++interval;
    plan.windows[0].interval = interval;
    for (Row& row : plan.windows[0].rows) row.interval = interval;
    for (SeriesTotal& total : plan.totals) total.last_interval = interval;
  };
  // Series get their ids in the order in which they appear, which is not that of later plans.
  std::shuffle(plan.totals.begin(), plan.totals.end(), std::mt19937_64(1));
  CommitPlan first;
  first.totals = plan.totals;
  TRIBUTARY_CHECK(store.Commit(first).ok());
  for (auto _ : state) {
    state.PauseTiming();
    advance();
    state.ResumeTiming();
    rocksdb::WriteBatch batch;
    store.ledger->Put(plan, batch);
    if (write) TRIBUTARY_CHECK(store.database->Write(batch, /*durable=*/true).ok());
    benchmark::DoNotOptimize(batch);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
void BM_Ledger_Put_Timers(benchmark::State& state) { Commit(state, MetricType::kTimer, false); }
void BM_Ledger_Put_Counters(benchmark::State& state) { Commit(state, MetricType::kCounter, false); }
void BM_Ledger_Commit_Timers(benchmark::State& state) { Commit(state, MetricType::kTimer, true); }
void BM_Ledger_Commit_Counters(benchmark::State& state) { Commit(state, MetricType::kCounter, true); }
BENCHMARK(BM_Ledger_Put_Timers)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Ledger_Put_Counters)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Ledger_Commit_Timers)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Ledger_Commit_Counters)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary
