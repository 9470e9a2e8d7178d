// What a sample costs in a digest and in a set, and a centroid in a merge; `encoded_bytes` is the size on the wire.

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "common/sketch/hyperloglog.h"
#include "common/sketch/tdigest.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {
namespace {

constexpr size_t kSamplesPerHost = 1000;

std::vector<double> LogNormalSamples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(0, 2);
  std::vector<double> samples(count);
  for (double& sample : samples) sample = distribution(random);
  return samples;
}

TDigest HostDigest(uint64_t host) {
  TDigest digest(100, host + 1);
  for (const double sample : LogNormalSamples(kSamplesPerHost, host)) digest.Add(sample);
  return digest.Recompressed(100);
}

// One interval of one key: all adds, then the fold that publishing does.
void BM_TDigest_Add(benchmark::State& state) {
  const std::vector<double> samples = LogNormalSamples(state.range(0), 1);
  std::string bytes;
  for (auto _ : state) {
    TDigest digest(100, 1);
    for (const double sample : samples) digest.Add(sample);
    bytes.clear();
    digest.Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * samples.size());
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_TDigest_Add)->Arg(10)->Arg(100)->Arg(1000)->Arg(100000);

// Items are incoming centroids; the time includes the final cut.
void BM_TDigest_Merge(benchmark::State& state) {
  std::vector<TDigest> digests;
  size_t centroids = 0;
  for (int64_t host = 0; host < state.range(0); ++host) {
    digests.push_back(HostDigest(host));
    centroids += digests.back().Centroids().size();
  }
  std::string bytes;
  for (auto _ : state) {
    TDigestMerger merger;
    for (size_t host = 0; host < digests.size(); ++host) merger.Add(digests[host], host);
    bytes.clear();
    merger.Finish(500).Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * centroids);
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_TDigest_Merge)->Arg(10)->Arg(100)->Arg(300);

void BM_TDigest_Decode(benchmark::State& state) {
  std::string bytes;
  HostDigest(1).Encode(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(TDigest::Decode(bytes));
  state.SetBytesProcessed(state.iterations() * bytes.size());
}
BENCHMARK(BM_TDigest_Decode);

void BM_TDigest_Quantile(benchmark::State& state) {
  const TDigest digest = HostDigest(1);
  for (auto _ : state) benchmark::DoNotOptimize(digest.Quantile(0.99));
}
BENCHMARK(BM_TDigest_Quantile);

void BM_HyperLogLog_Add(benchmark::State& state) {
  std::vector<std::string> members;
  for (int64_t i = 0; i < state.range(0); ++i) members.push_back(absl::StrCat("user-", i));
  std::string bytes;
  for (auto _ : state) {
    HyperLogLog set;
    for (const std::string& member : members) set.Add(member);
    bytes.clear();
    set.Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * members.size());
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_HyperLogLog_Add)->Arg(10)->Arg(1000)->Arg(100000);

}  // namespace
}  // namespace tributary
