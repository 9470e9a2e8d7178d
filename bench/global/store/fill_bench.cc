// A global's store as it fills: commits of every series, interval after interval, and rolling up between them.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
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

constexpr int kRowsOfAPlan = 16'384;  // at most, as an owner commits
constexpr int kSamplesOfARow = 10;
constexpr int kKinds = 512;  // different digests: making them is not what is measured
constexpr size_t kRowsOfAStep = 2000;
constexpr IntervalIndex kFirst = 360 * 1000;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<Aggregate> Timers() {
  std::mt19937_64 random(1);
  std::lognormal_distribution<> latency(2, 1);
  std::vector<Aggregate> timers(kKinds);
  for (Aggregate& timer : timers) {
    DistributionAggregate made;
    for (int i = 0; i < kSamplesOfARow; ++i) made.Add(latency(random), 1);
    timer = std::move(made);
  }
  return timers;
}

class Filler {
 public:
  Filler(StoreHarness& store, int series) : store_(store), timers_(Timers()) {
    for (int i = 0; i < series; ++i) {
      keys_.push_back(SeriesKey{absl::StrCat("api.latency.", i % 50),
                                {"env:prod", absl::StrCat("host:h", i / 50), absl::StrCat("region:r", i % 10)},
                                MetricType::kTimer});
    }
  }

  // One interval; the seconds that each commit took.
  void Commit(IntervalIndex interval) {
    for (size_t begin = 0; begin < keys_.size(); begin += kRowsOfAPlan) {
      CommitPlan plan;
      std::vector<Row> rows;
      for (size_t i = begin; i < std::min(keys_.size(), begin + kRowsOfAPlan); ++i) {
        Row row;
        row.key = keys_[i];
        row.interval = interval;
        row.contributors = 1;
        row.total = RunningTotal{Fixed128(), Fixed192(), kFirst};
        row.value = timers_[random_() % kKinds];
        plan.totals.push_back({row.key, row.total, {}, interval});
        rows.push_back(std::move(row));
      }
      plan.windows.push_back(CommitOfRows(interval, std::move(rows)));
      plan.sealed_through = interval;
      const auto start = std::chrono::steady_clock::now();
      TRIBUTARY_CHECK(store_.Commit(plan).ok());
      commit_seconds.push_back(SecondsSince(start));
    }
  }
  void RollUp() {
    while (true) {
      const auto start = std::chrono::steady_clock::now();
      const auto did = store_.ledger->RollUp(kRowsOfAStep);
      TRIBUTARY_CHECK(did.ok());
      if (!*did) break;
      step_seconds.push_back(SecondsSince(start));
    }
  }

  std::vector<double> commit_seconds;
  std::vector<double> step_seconds;

 private:
  StoreHarness& store_;
  std::vector<Aggregate> timers_;
  std::vector<SharedSeriesKey> keys_;
  std::mt19937_64 random_{2};
};

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// /series/intervals. Commits of the last tenth beside those of the first: does it get slower as it fills?
void BM_Store_Fill(benchmark::State& state) {
  const auto series = static_cast<int>(state.range(0));
  const IntervalIndex intervals = state.range(1);
  for (auto _ : state) {
    const TempDir directory;
    StoreHarness store(directory.path());
    Filler filler(store, series);
    for (IntervalIndex i = 0; i < intervals; ++i) {
      filler.Commit(kFirst + i);
      filler.RollUp();
    }
    const double rows = static_cast<double>(series) * static_cast<double>(intervals);
    const std::vector<double>& commits = filler.commit_seconds;
    const auto tenth = static_cast<std::ptrdiff_t>(commits.size() / 10 + 1);
    state.counters["commit_us_per_row"] = Sum(commits) / rows * 1e6;
    state.counters["rollup_us_per_row"] = Sum(filler.step_seconds) / rows * 1e6;
    state.counters["commit_p50_ms"] = Quantile(commits, 0.5) * 1e3;
    state.counters["commit_p99_ms"] = Quantile(commits, 0.99) * 1e3;
    state.counters["commit_first_ms"] = Quantile({commits.begin(), commits.begin() + tenth}, 0.5) * 1e3;
    state.counters["commit_last_ms"] = Quantile({commits.end() - tenth, commits.end()}, 0.5) * 1e3;
    state.counters["step_p99_ms"] = Quantile(filler.step_seconds, 0.99) * 1e3;
    for (const Ledger::Projection& projection : store.ledger->Project()) {
      state.counters[absl::StrCat("bytes_", absl::FormatDuration(projection.length))] = projection.bytes_per_row;
    }
    state.counters["disk_mb"] = static_cast<double>(store.database->DiskBytes()) / 1e6;
  }
}
BENCHMARK(BM_Store_Fill)
    ->Args({10'000, 60})
    ->Args({100'000, 60})
    ->Args({10'000, 720})
    ->Args({100'000, 720})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tributary
