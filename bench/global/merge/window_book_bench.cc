// What an owner does with decoded units until there is a plan: merging, closing, rows.

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "global/merge/window_book.h"
#include "tests/global/merge/book_harness.h"

namespace tributary {
namespace {

constexpr int kPartitions = 64;
constexpr int kSeriesPerUnit = 24;  // about a partition's share of 100,000 series
constexpr int kSamplesPerTimer = 10;

Aggregate Value(MetricType type, std::mt19937_64& random) {
  if (type == MetricType::kCounter) return CounterOf(static_cast<double>(random() % 1000));
  DistributionAggregate timer;
  std::lognormal_distribution<> latency(2, 1);
  for (int i = 0; i < kSamplesPerTimer; ++i) timer.Add(latency(random), 1);
  return timer;
}

// One agent's units of one interval; every agent has the same series.
std::vector<UnitChunk> Units(int agent, MetricType type) {
  std::mt19937_64 random(static_cast<uint64_t>(agent));
  std::vector<UnitChunk> units;
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    UnitChunk unit{AgentId(agent), 0, partition, 0, 1, kSeriesPerUnit * kSamplesPerTimer, 0, {}, {}};
    for (int i = 0; i < kSeriesPerUnit; ++i) {
      SeriesKey key{
          absl::StrCat("api.latency.", i % 5), {"env:prod", absl::StrCat("route:r", partition, "-", i)}, type};
      unit.series.emplace_back(std::move(key), Value(type, random));
    }
    units.push_back(std::move(unit));
  }
  return units;
}

// Per series of one agent in one interval; /agents that have it.
void Merge(benchmark::State& state, MetricType type) {
  const int agents = static_cast<int>(state.range(0));
  BookHarness harness(agents);
  harness.OwnEverything();
  std::vector<int> partitions;
  for (int p = 0; p < kPartitions; ++p) partitions.push_back(p);
  std::vector<std::vector<UnitChunk>> fleet;
  for (int agent = 0; agent < agents; ++agent) {
    harness.Hello(agent);
    fleet.push_back(Units(agent, type));
  }
  IntervalIndex interval = BookHarness::kFirst;
  size_t rows = 0;
  harness.auto_commit = false;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<std::vector<UnitChunk>> arriving = fleet;
    harness.AdvanceTo(harness.End(interval) + absl::Seconds(1));
    state.ResumeTiming();
    for (int agent = 0; agent < agents; ++agent) {
      harness.Marker(agent, interval, partitions);
      for (UnitChunk& unit : arriving[static_cast<size_t>(agent)]) {
        unit.interval = interval;
        harness.Apply(harness.book->Step(harness.now, std::move(unit)));
      }
    }
    while (harness.in_flight) {
      const CommitPlan plan = *std::exchange(harness.in_flight, std::nullopt);
      for (const WindowCommit& window : plan.windows) rows += window.rows.size();
      harness.Apply(harness.book->Step(harness.now, CommitDone{plan.number}));
    }
    state.PauseTiming();
    harness.received.clear();
    harness.committed.clear();
    harness.markers.clear();
    arriving.clear();
    ++interval;
    state.ResumeTiming();
  }
  const auto merged = static_cast<int64_t>(kPartitions * kSeriesPerUnit);
  TRIBUTARY_CHECK(rows == static_cast<size_t>(state.iterations() * merged));
  state.SetItemsProcessed(state.iterations() * merged * agents);
}
void BM_WindowBook_Merge_Timers(benchmark::State& state) { Merge(state, MetricType::kTimer); }
void BM_WindowBook_Merge_Counters(benchmark::State& state) { Merge(state, MetricType::kCounter); }
BENCHMARK(BM_WindowBook_Merge_Timers)->Arg(1)->Arg(2)->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_WindowBook_Merge_Counters)->Arg(1)->Arg(2)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary
