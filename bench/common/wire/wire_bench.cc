// What a series costs between an agent's window and an owner's; `bytes` is its size on the wire.

#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/wire/payload.h"

namespace tributary {
namespace {

// About a partition's share of 100,000 series.
constexpr int kSeriesPerUnit = 24;
constexpr int kSamplesPerTimer = 10;

const InstanceId& Own() {
  static const InstanceId own = InstanceId::Random();
  return own;
}

Aggregate TimerOf(std::mt19937_64& random) {
  DistributionAggregate timer;
  std::lognormal_distribution<> latency(2, 1);
  for (int i = 0; i < kSamplesPerTimer; ++i) timer.Add(latency(random), 1);
  return timer;
}

Aggregate CounterOf(std::mt19937_64& random) {
  CounterAggregate counter;
  counter.Add(static_cast<double>(random() % 1000), 1);
  return counter;
}

std::vector<std::pair<SeriesKey, Aggregate>> Series(MetricType type) {
  std::mt19937_64 random(1);
  std::vector<std::pair<SeriesKey, Aggregate>> series;
  for (int i = 0; i < kSeriesPerUnit; ++i) {
    SeriesKey key{absl::StrCat("api.requests.", random() % 500), {"env:prod", absl::StrCat("route:/v1/", i)}, type};
    series.emplace_back(std::move(key), type == MetricType::kTimer ? TimerOf(random) : CounterOf(random));
  }
  return series;
}

std::vector<v1::Block> Encode(UnitBuilder& builder, const std::vector<std::pair<SeriesKey, Aggregate>>& series) {
  for (const auto& [key, aggregate] : series) TRIBUTARY_CHECK(builder.Add(key, aggregate, kSamplesPerTimer));
  return builder.Finish(1, 1);
}

void PerSeries(benchmark::State& state, const v1::Block& block) {
  state.SetItemsProcessed(state.iterations() * kSeriesPerUnit);
  state.counters["bytes"] = static_cast<double>(block.payload().size()) / kSeriesPerUnit;
}

void BM_Payload_Encode(benchmark::State& state, MetricType type) {
  const auto series = Series(type);
  UnitBuilder builder(Own());
  std::vector<v1::Block> blocks;
  for (auto _ : state) blocks = Encode(builder, series);
  PerSeries(state, blocks[0]);
}
BENCHMARK_CAPTURE(BM_Payload_Encode, timer, MetricType::kTimer);
BENCHMARK_CAPTURE(BM_Payload_Encode, counter, MetricType::kCounter);

void BM_Payload_Decode(benchmark::State& state, MetricType type) {
  UnitBuilder builder(Own());
  const std::vector<v1::Block> blocks = Encode(builder, Series(type));
  for (auto _ : state) benchmark::DoNotOptimize(DecodePayload(blocks[0], Own()));
  PerSeries(state, blocks[0]);
}
BENCHMARK_CAPTURE(BM_Payload_Decode, timer, MetricType::kTimer);
BENCHMARK_CAPTURE(BM_Payload_Decode, counter, MetricType::kCounter);

void BM_Payload_Crc32c(benchmark::State& state) {
  UnitBuilder builder(Own());
  const std::vector<v1::Block> blocks = Encode(builder, Series(MetricType::kTimer));
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(blocks[0].payload()));
  PerSeries(state, blocks[0]);
}
BENCHMARK(BM_Payload_Crc32c);

}  // namespace
}  // namespace tributary
