// What a change of membership costs every node, and a new series its agent.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "common/hash/view.h"
#include "common/metric/series_key.h"

namespace tributary {
namespace {

void BM_Assignment_Build(benchmark::State& state) {
  std::vector<Member> members;
  for (int i = 0; i < state.range(0); ++i) members.push_back({absl::StrCat("tributary-global-", i), "", 1});
  for (auto _ : state) benchmark::DoNotOptimize(Assignment(members));
}
BENCHMARK(BM_Assignment_Build)->Arg(3)->Arg(20)->Arg(200)->Arg(1024)->Unit(benchmark::kMillisecond);

void BM_Assignment_OwnerOf(benchmark::State& state) {
  const Assignment assignment({{"a", "", 1}, {"b", "", 1}, {"c", "", 1}});
  PartitionId partition = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(assignment.OwnerOf(partition));
    partition = static_cast<PartitionId>((partition + 1) % kPartitionCount);
  }
}
BENCHMARK(BM_Assignment_OwnerOf);

void BM_SeriesKey_Hash(benchmark::State& state) {
  const SeriesKey key{"api.latency", {"env:prod", "region:eu-west-1", "route:/v1/users"}, MetricType::kTimer};
  for (auto _ : state) benchmark::DoNotOptimize(HashOf(key, 1));
}
BENCHMARK(BM_SeriesKey_Hash);

}  // namespace
}  // namespace tributary
