#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/statsd/line_parser.h"

namespace tributary {
namespace {

struct Ignore : SampleReceiver {
  void Add(const Sample& sample) override { benchmark::DoNotOptimize(sample.weight); }
  void Add(const CheckSample& check) override { benchmark::DoNotOptimize(check.status); }
  void Add(const EventSample& event) override { benchmark::DoNotOptimize(event.unix_seconds); }
};

void Parse(benchmark::State& state, const std::vector<std::string>& lines) {
  LineParser parser;
  Ignore receiver;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.Parse(lines[i], receiver));
    if (++i == lines.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_LineParser_Plain(benchmark::State& state) { Parse(state, {"api.requests:1|c"}); }
BENCHMARK(BM_LineParser_Plain);

void BM_LineParser_Tagged(benchmark::State& state) {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) {
    lines.push_back(absl::StrCat("api.latency:", i * 37 % 1000, ".", i % 10, "|ms|#region:eu-", i % 10, ",route:r", i));
  }
  Parse(state, lines);
}
BENCHMARK(BM_LineParser_Tagged);

// As datadog-go sends it from a container.
void BM_LineParser_Origin(benchmark::State& state) {
  Parse(state,
        {"api.latency:12.5:13:14:15|d|@0.25|#region:eu,route:checkout|c:ci-83fc8ab5b2c54ed6f1|e:it-false,cn-app"});
}
BENCHMARK(BM_LineParser_Origin);

}  // namespace
}  // namespace tributary
