// What a sample costs in a digest and in a set, and a centroid in a merge; `encoded_bytes` is the size on the wire. The
// BM_Reference rows are the same samples and bytes through std::sort and memcpy, for ratios within one run.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
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

// What a processor has seen before it foresees: one interval after the other has other samples, 2^18 in all.
std::vector<std::vector<double>> Intervals(size_t samples) {
  std::vector<std::vector<double>> intervals(std::max<size_t>(1, (1 << 18) / samples));
  for (size_t i = 0; i < intervals.size(); ++i) intervals[i] = LogNormalSamples(samples, i);
  return intervals;
}

// One interval of one key: all adds, then the fold that publishing does.
void BM_TDigest_Add(benchmark::State& state) {
  const std::vector<std::vector<double>> intervals = Intervals(state.range(0));
  size_t interval = 0;
  std::string bytes;
  for (auto _ : state) {
    TDigest digest(100, 1);
    for (const double sample : intervals[interval]) digest.Add(sample);
    bytes.clear();
    digest.Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
    interval = (interval + 1) % intervals.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_TDigest_Add)->Arg(10)->Arg(100)->Arg(1000)->Arg(100000);

void BM_Reference_Sort(benchmark::State& state) {
  const std::vector<std::vector<double>> intervals = Intervals(state.range(0));
  size_t interval = 0;
  std::vector<double> sorted;
  for (auto _ : state) {
    sorted = intervals[interval];
    std::sort(sorted.begin(), sorted.end());
    benchmark::DoNotOptimize(sorted.data());
    interval = (interval + 1) % intervals.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Reference_Sort)->Arg(1000);

void BM_Reference_Memcpy(benchmark::State& state) {
  const std::vector<std::vector<double>> intervals = Intervals(state.range(0));
  size_t interval = 0;
  std::vector<double> copy(state.range(0));
  for (auto _ : state) {
    std::memcpy(copy.data(), intervals[interval].data(), copy.size() * sizeof(double));
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
    interval = (interval + 1) % intervals.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Reference_Memcpy)->Arg(1000);

// Ten samples of each of many keys, in no order; then all are encoded. Items are samples.
void BM_TDigest_AddKeys(benchmark::State& state) {
  constexpr int kSamplesPerKey = 10;
  const auto keys = static_cast<size_t>(state.range(0));
  const std::vector<double> samples = LogNormalSamples(1 << 16, 1);
  std::vector<uint32_t> order(keys);
  for (size_t i = 0; i < keys; ++i) order[i] = static_cast<uint32_t>(i);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(2));
  std::vector<TDigest> digests;
  std::string bytes;
  for (auto _ : state) {
    digests.assign(keys, TDigest(100, 1));
    for (int round = 0; round < kSamplesPerKey; ++round) {
      for (size_t i = 0; i < keys; ++i) digests[order[i]].Add(samples[(i + 7 * round) % samples.size()]);
    }
    if (state.range(1) == 0) continue;
    for (const TDigest& digest : digests) {
      bytes.clear();
      digest.Encode(bytes);
      benchmark::DoNotOptimize(bytes.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * keys * kSamplesPerKey);
}
BENCHMARK(BM_TDigest_AddKeys)->ArgNames({"keys", "encoded"})->ArgsProduct({{1000, 100'000}, {0, 1}});

std::vector<std::string> EncodedHosts(int64_t hosts) {
  std::vector<std::string> encoded(hosts);
  for (int64_t host = 0; host < hosts; ++host) HostDigest(host).Encode(encoded[host]);
  return encoded;
}

size_t CentroidsOf(const std::vector<std::string>& encoded) {
  size_t centroids = 0;
  for (const std::string& bytes : encoded) centroids += TDigest::Decode(bytes)->Centroids().size();
  return centroids;
}

// Items are incoming centroids; the time includes the final cut and its encoding.
void BM_TDigest_Merge(benchmark::State& state) {
  const std::vector<std::string> encoded = EncodedHosts(state.range(0));
  std::vector<TDigest> digests;
  for (const std::string& host : encoded) digests.push_back(*TDigest::Decode(host));
  std::string bytes;
  for (auto _ : state) {
    TDigestMerger merger;
    for (size_t host = 0; host < digests.size(); ++host) merger.Add(digests[host], host);
    bytes.clear();
    merger.Finish(500).Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * CentroidsOf(encoded));
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_TDigest_Merge)->Arg(10)->Arg(100)->Arg(300);

// The same from the bytes that arrive.
void BM_TDigest_DecodeAndMerge(benchmark::State& state) {
  const std::vector<std::string> encoded = EncodedHosts(state.range(0));
  std::string bytes;
  for (auto _ : state) {
    TDigestMerger merger;
    for (size_t host = 0; host < encoded.size(); ++host) merger.Add(*TDigest::Decode(encoded[host]), host);
    bytes.clear();
    merger.Finish(500).Encode(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * CentroidsOf(encoded));
}
BENCHMARK(BM_TDigest_DecodeAndMerge)->Arg(10)->Arg(100)->Arg(300);

void BM_TDigest_Decode(benchmark::State& state) {
  const std::vector<std::string> encoded = EncodedHosts(1);
  for (auto _ : state) benchmark::DoNotOptimize(TDigest::Decode(encoded[0]));
  state.SetItemsProcessed(state.iterations() * CentroidsOf(encoded));
  state.SetBytesProcessed(state.iterations() * encoded[0].size());
}
BENCHMARK(BM_TDigest_Decode);

void BM_TDigest_FiveQuantiles(benchmark::State& state) {
  TDigestMerger merger;
  for (int64_t host = 0; host < state.range(0); ++host) merger.Add(HostDigest(host), host);
  const TDigest digest = merger.Finish(500);
  constexpr double kQuantiles[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
  double values[5];
  for (auto _ : state) {
    digest.Quantiles(kQuantiles, absl::MakeSpan(values));
    benchmark::DoNotOptimize(values);
  }
}
BENCHMARK(BM_TDigest_FiveQuantiles)->ArgName("hosts")->Arg(1)->Arg(100);

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
