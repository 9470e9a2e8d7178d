#include "cli/cluster_size.h"

#include <gtest/gtest.h>

#include <utility>

namespace tributary {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kGiB = 1 << 30;

ClusterLoad SmallLoad() { return {.agents = 100, .series = 10'000, .series_per_agent = 1000, .samples = 100'000}; }

// By hand from docs/benchmarks.md: 10,000 series come in a second, 5 us each at a global, of which 53 % are one
// thread's; a stored series takes 8,640 * 89 + 10,080 * 100 + 4,320 * 100 = 2,208,960 bytes, and as much again.
TEST(ClusterSizeTest, ASmallClusterIsTheSumDoneByHand) {
  const ClusterSize size = SizeOf(SmallLoad());
  EXPECT_EQ(size.agents.pods, 100);
  EXPECT_DOUBLE_EQ(size.agents.cores, 0.05);        // 2 * (0.002 + 0.0009 + 0.001), at least 0.05
  EXPECT_EQ(size.agents.memory_bytes, 320 * kMiB);  // 96 + 64 + 64 + 20,000 * 1.7 KiB = 257.2
  EXPECT_EQ(size.proxies.pods, 2);
  EXPECT_EQ(size.proxies.memory_bytes, 384 * kMiB);  // 320 + 2 * 8 + 100 / 16 = 342.25
  EXPECT_EQ(size.globals.pods, 2);
  EXPECT_DOUBLE_EQ(size.globals.cores, 0.25);       // 0.057, at least 0.25
  EXPECT_EQ(size.merge_memory_bytes, 256 * kMiB);   // 2 * 45,000,000, at least 256
  EXPECT_EQ(size.merge_history_bytes, 384 * kMiB);  // 50,000 units * 16 * 450 = 343.3
  EXPECT_EQ(size.horizon_intervals, 450);
  EXPECT_EQ(size.globals.memory_bytes, 1536 * kMiB);  // 576 + 320 + 384 + 9.8 = 1289.8
  EXPECT_EQ(size.globals.disk_bytes, 23 * kGiB);      // 20.57 + 2
}

// 2,000,000 series come in a second: 2 * 2,000,000 * 5 us * 0.53 = 10.6 threads, 1.1 us * 2,000,000 = 2.2 cores of
// proxies; 2 * 10,000,000 * 2,208,960 bytes are 40.2 TiB.
TEST(ClusterSizeTest, WhatIsScarceDecidesHowManyGlobals) {
  ClusterLoad load = {.agents = 2000, .series = 10'000'000, .series_per_agent = 10'000, .samples = 1e7};
  EXPECT_EQ(SizeOf(load).globals.pods, 41);  // disk, a TiB each
  EXPECT_EQ(SizeOf(load).proxies.pods, 4);   // and one may be lost
  load.retention = load.retention_1m = load.retention_1h = absl::Hours(2);
  EXPECT_EQ(SizeOf(load).globals.pods, 11);  // a thread each
  load.agents = 200;
  EXPECT_EQ(SizeOf(load).globals.pods, 10);  // a million series each
}

TEST(ClusterSizeTest, MoreAgentsThanHistoryHoldsBringTheHorizonNearer) {
  ClusterLoad load = SmallLoad();
  load.agents = 5000;
  load.series_per_agent = 10'000;  // 4,096 units each, the partitions
  const ClusterSize size = SizeOf(load);
  EXPECT_EQ(size.merge_history_bytes, kGiB);
  const int64_t units = 5000 * 4096 / size.globals.pods;
  EXPECT_EQ(size.horizon_intervals, kGiB / (16 * units));
}

TEST(ClusterSizeTest, MoreOfAnythingNeverTakesLess) {
  const auto total = [](const ClusterLoad& load) {
    const ClusterSize size = SizeOf(load);
    double cores = 0;
    double bytes = 0;
    for (const TierSize* tier : {&size.agents, &size.proxies, &size.globals}) {
      cores += static_cast<double>(tier->pods) * tier->cores;
      bytes += static_cast<double>(tier->pods) * static_cast<double>(tier->memory_bytes + tier->disk_bytes);
    }
    return std::pair(cores, bytes);
  };
  for (int64_t factor = 2; factor <= 1024; factor *= 2) {
    for (const auto change : {&ClusterLoad::agents, &ClusterLoad::series}) {
      ClusterLoad less = SmallLoad();
      less.*change *= factor / 2;
      ClusterLoad more = SmallLoad();
      more.*change *= factor;
      EXPECT_LE(total(less).first, total(more).first * 1.0001) << factor;
      EXPECT_LE(total(less).second, total(more).second) << factor;
    }
  }
}

}  // namespace
}  // namespace tributary
