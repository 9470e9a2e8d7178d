// p99 by ten groups over a thousand series and an hour of rows of 10 s, read from a store on disk.

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "global/query/grid_selection.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr int kGroups = 10;
constexpr IntervalIndex kFirst = 1000;

Row TimerRow(int series, IntervalIndex interval, int samples, std::mt19937_64& random) {
  std::lognormal_distribution<> latency(2, 1);
  DistributionAggregate timer;
  for (int i = 0; i < samples; ++i) timer.Add(latency(random), 1);
  Row row = CounterRow("api.latency", interval, 1);
  row.key = SeriesKey{
      "api.latency", {absl::StrCat("host:h", series), absl::StrCat("region:r", series % kGroups)}, MetricType::kTimer};
  row.value = std::move(timer);
  row.total = RunningTotal{};
  return row;
}

// Rows are written interval by interval, as an owner does.
void Fill(StoreHarness& store, int series, int intervals, int samples) {
  std::mt19937_64 random(1);
  for (IntervalIndex interval = kFirst; interval < kFirst + intervals; ++interval) {
    std::vector<Row> rows;
    for (int i = 0; i < series; ++i) rows.push_back(TimerRow(i, interval, samples, random));
    CommitPlan plan;
    plan.windows.push_back(CommitOfRows(interval, std::move(rows)));
    TRIBUTARY_CHECK(store.Commit(plan).ok());
  }
}

// /series/rows of each/samples in a row. One global's whole part of an answer, but for gRPC.
void BM_Selection_P99ByGroup(benchmark::State& state) {
  const int series = static_cast<int>(state.range(0)), intervals = static_cast<int>(state.range(1));
  const TempDir directory;
  StoreHarness store(directory.path());
  Fill(store, series, intervals, static_cast<int>(state.range(2)));
  v1::GridRequest request;
  v1::Matcher& matcher = *request.add_matchers();
  matcher.set_label("__name__");
  matcher.set_op(v1::Matcher::OP_EQUAL);
  matcher.set_value("api.latency");
  request.set_start_unix_ms(absl::ToUnixMillis(store.scale.Start(kFirst + intervals)));
  request.set_step_ms(1);
  request.set_count(1);
  request.set_window_ms(absl::ToInt64Milliseconds(intervals * store.scale.length()));
  request.set_fold(v1::FOLD_INCREASE);
  request.set_grouped(true);
  request.add_group_labels("region");
  int groups = 0;
  for (auto _ : state) {
    groups = 0;
    GridSelection selection(*store.ledger, request, {});
    const absl::Status status = selection.Run([] { return false; },
                                              [&](const v1::GridResponse& response) {
                                                groups += response.series_size();
                                                return true;
                                              });
    TRIBUTARY_CHECK(status.ok() && groups == kGroups);
  }
  state.SetItemsProcessed(state.iterations() * series * intervals);
}
BENCHMARK(BM_Selection_P99ByGroup)
    ->Args({1000, 60, 10})
    ->Args({1000, 360, 10})
    ->Args({1000, 60, 1000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary
