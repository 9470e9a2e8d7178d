#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "local/flush/flusher.h"
#include "local/shard/shard.h"

namespace tributary {
namespace {

constexpr IntervalIndex kFirstInterval = 100'000'000;

// A shard with all it needs.
struct Agent {
  std::string host = "web-1";
  LimitsConfig limits;
  ManualClock clock{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry;
  SeriesLimiter limiter{limits, clock};
  GaugeLevels levels{limits.max_series};
  Shard shard{Shard::Options{.instance = InstanceId::Random()},
              kFirstInterval,
              {std::make_shared<const Policy>(), host, 1, limiter, &levels},
              clock,
              ShardMetrics(telemetry)};
};

struct Line {
  std::string name;
  std::string tags;
  std::string member;
  double value;
};

std::vector<Line> Lines(int keys) {
  std::vector<Line> lines;
  for (int i = 0; i < keys; ++i) {
    lines.push_back({absl::StrCat("api.latency.", i % 100), absl::StrCat("region:eu,env:prod,route:r", i),
                     absl::StrCat("user", i % 331), i * 37 % 1000 + 0.5});
  }
  return lines;
}

// One line of one value, of 1,000 keys in turn; an interval closes every million lines.
void Add(benchmark::State& state, MetricType type) {
  Agent agent;
  const std::vector<Line> lines = Lines(1000);
  IntervalIndex interval = kFirstInterval;
  size_t i = 0;
  int64_t in_interval = 0;
  for (auto _ : state) {
    const Line& line = lines[i];
    Sample sample;
    sample.type = type;
    sample.name = line.name;
    sample.tags = line.tags;
    sample.member = line.member;
    if (type != MetricType::kSet) sample.values = absl::MakeConstSpan(&line.value, 1);
    agent.shard.Add(sample);
    if (++i == lines.size()) i = 0;
    if (++in_interval == 1'000'000) {
      in_interval = 0;
      agent.shard.RequestWindows(++interval);
      agent.shard.EndBatch();
      benchmark::DoNotOptimize(agent.shard.TakeWindows(absl::ZeroDuration()));
    }
  }
  state.SetItemsProcessed(state.iterations());
}
void BM_Shard_Add_Counter(benchmark::State& state) { Add(state, MetricType::kCounter); }
void BM_Shard_Add_Gauge(benchmark::State& state) { Add(state, MetricType::kGauge); }
void BM_Shard_Add_Timer(benchmark::State& state) { Add(state, MetricType::kTimer); }
void BM_Shard_Add_Set(benchmark::State& state) { Add(state, MetricType::kSet); }
BENCHMARK(BM_Shard_Add_Counter);
BENCHMARK(BM_Shard_Add_Gauge);
BENCHMARK(BM_Shard_Add_Timer);
BENCHMARK(BM_Shard_Add_Set);

void BM_Shard_NewSeries(benchmark::State& state) {
  auto agent = std::make_unique<Agent>();
  const double value = 1;
  int i = 0;
  for (auto _ : state) {
    const std::string tags = absl::StrCat("region:eu,env:prod,route:r", i);
    Sample sample;
    sample.name = "api.latency";
    sample.tags = tags;
    sample.values = absl::MakeConstSpan(&value, 1);
    agent->shard.Add(sample);
    if (++i % 50'000 == 0) {
      state.PauseTiming();
      agent = std::make_unique<Agent>();
      state.ResumeTiming();
    }
  }
}
BENCHMARK(BM_Shard_NewSeries);

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0;
  statm >> pages >> pages;
  return pages * 4096.0 / (1 << 20);
}

double g_resident_at_close = 0;
struct KeepNothing : UnitReceiver {
  void OnClosed(ClosedInterval closed) override {
    for (const v1::Block& block : closed.blocks) bytes += block.payload().size();
    g_resident_at_close = std::max(g_resident_at_close, ResidentMiB());
  }
  uint64_t bytes = 0;
};

// 100,000 keys of 10 samples each in three intervals, while each is flushed: resident memory and the flush's time.
void Memory(benchmark::State& state, MetricType type) {
  for (auto _ : state) {
    const double before = ResidentMiB();
    g_resident_at_close = 0;
    Agent agent;
    const std::vector<Line> lines = Lines(100'000);
    const double own = ResidentMiB() - before;
    KeepNothing units;
    agent.shard.Detach();
    Flusher flusher({}, kFirstInterval, {&agent.shard}, agent.levels, agent.clock, agent.telemetry, units, nullptr);
    for (int interval = 0; interval < 3; ++interval) {
      for (int n = 0; n < 10; ++n) {
        for (const Line& line : lines) {
          const double value = line.value + n * 0.1;
          const std::string member = absl::StrCat(line.member, n);
          Sample sample;
          sample.type = type;
          sample.name = line.name;
          sample.tags = line.tags;
          sample.member = member;
          if (type != MetricType::kSet) sample.values = absl::MakeConstSpan(&value, 1);
          agent.shard.Add(sample);
        }
      }
      agent.clock.Advance(absl::Seconds(10));
      flusher.CloseIfDue();
    }
    state.counters["resident_MiB"] = std::max(g_resident_at_close, ResidentMiB()) - own;
    state.counters["unit_bytes_per_key"] = units.bytes / 3 / 100'000.0;
    state.counters["flush_s"] = FlushMetrics(agent.telemetry).duration.sum() / 3;
  }
}
void BM_Shard_Memory_Timers(benchmark::State& state) { Memory(state, MetricType::kTimer); }
void BM_Shard_Memory_Sets(benchmark::State& state) { Memory(state, MetricType::kSet); }
BENCHMARK(BM_Shard_Memory_Timers)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Shard_Memory_Sets)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary
