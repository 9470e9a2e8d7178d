#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "proxy/promql/engine.h"
#include "proxy/promql/memory_source.h"
#include "proxy/promql/parser.h"

namespace tributary::promql {
namespace {

constexpr int kSteps = 360;
constexpr int64_t kStepMs = 10'000;

// So many counters in 10 regions, a point every 10 s for an hour and 5 minutes.
MemorySource Counters(int64_t count) {
  MemorySource source;
  for (int64_t s = 0; s < count; ++s) {
    Series series{{{"__name__", "requests"}, {"host", absl::StrCat("h", s)}, {"region", absl::StrCat("r", s % 10)}},
                  {}};
    for (int64_t i = 0; i < kSteps + 30; ++i) {
      series.points.push_back({.time_ms = i * kStepMs, .value = static_cast<double>(i * (s + 1))});
    }
    source.Add(std::move(series));
  }
  return source;
}

void Run(benchmark::State& state, absl::string_view query) {
  MemorySource source = Counters(state.range(0));
  const Engine engine(source);
  const SystemClock clock;
  for (auto _ : state) {
    QueryContext context(clock, absl::InfiniteFuture(), QueryLimits());
    const auto answer = engine.Range(query, 300'000, 300'000 + (kSteps - 1) * kStepMs, kStepMs, context);
    TRIBUTARY_CHECK(answer.ok() && !answer->series.empty());
    benchmark::DoNotOptimize(answer);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * kSteps);
}

void BM_Engine_Select(benchmark::State& state) { Run(state, "requests"); }
void BM_Engine_SumOfRates(benchmark::State& state) { Run(state, "sum by (region) (rate(requests[5m]))"); }
void BM_Engine_Arithmetic(benchmark::State& state) {
  Run(state, "requests / ignoring(host) group_left sum by (region) (requests)");
}
void BM_Engine_Topk(benchmark::State& state) { Run(state, "topk(10, requests)"); }
BENCHMARK(BM_Engine_Select)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Engine_SumOfRates)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Engine_Arithmetic)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Engine_Topk)->Arg(1000)->Unit(benchmark::kMillisecond);

void BM_Parse(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Parse(
        R"(histogram_quantile(0.99, sum by (region) (rate(api_latency{service="api", host!~"x.*"}[5m]))) > 0.3)"));
  }
}
BENCHMARK(BM_Parse);

}  // namespace
}  // namespace tributary::promql
