// What a series costs between an agent's window and an owner's; `bytes` is its size on the wire.

#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/wire/block_runs.h"
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

// One series a unit, as of 2,000 series in 4,096 partitions: what packing costs each end of a hop, per unit.
v1::Up SmallUnits() {
  std::mt19937_64 random(1);
  v1::Up up;
  up.set_instance(std::string(Own().bytes()));
  UnitBuilder builder(Own());
  for (PartitionId partition = 0; partition < 1600; ++partition) {
    const SeriesKey key{absl::StrCat("api.requests.", partition % 50), {"env:prod"}, MetricType::kTimer};
    TRIBUTARY_CHECK(builder.Add(key, TimerOf(random), kSamplesPerTimer));
    *up.mutable_batch()->add_blocks() = builder.Finish(170'000'000, partition)[0];
  }
  return up;
}

void PerUnit(benchmark::State& state, const v1::Up& up, size_t wire_bytes) {
  size_t payload_bytes = 0;
  for (const v1::Block& block : up.batch().blocks()) payload_bytes += block.payload().size();
  const double units = up.batch().blocks_size();
  state.SetItemsProcessed(state.iterations() * up.batch().blocks_size());
  state.counters["payload"] = static_cast<double>(payload_bytes) / units;
  state.counters["wire"] = static_cast<double>(wire_bytes) / units;
}

// /0: blocks as they are; /1: packed.
void BM_Batch_Write(benchmark::State& state) {
  const v1::Up up = SmallUnits();
  std::string bytes;
  for (auto _ : state) {
    v1::Up sent = up;
    if (state.range(0) == 1) PackBlocks(sent);
    bytes = sent.SerializeAsString();
  }
  PerUnit(state, up, bytes.size());
}
BENCHMARK(BM_Batch_Write)->Arg(0)->Arg(1);

void BM_Batch_Read(benchmark::State& state) {
  const v1::Up up = SmallUnits();
  v1::Up sent = up;
  if (state.range(0) == 1) PackBlocks(sent);
  const std::string bytes = sent.SerializeAsString();
  for (auto _ : state) {
    v1::Up read;
    TRIBUTARY_CHECK(read.ParseFromString(bytes));
    UnpackBlocks(read);
    benchmark::DoNotOptimize(read);
  }
  PerUnit(state, up, bytes.size());
}
BENCHMARK(BM_Batch_Read)->Arg(0)->Arg(1);

}  // namespace
}  // namespace tributary
