#include "cli/cluster_size.h"

#include <algorithm>
#include <cmath>

namespace tributary {
namespace {

constexpr double kHeadroom = 2;
constexpr double kMiB = 1 << 20;
constexpr double kGiB = 1 << 30;

// Seconds of CPU, docs/benchmarks.md.
constexpr double kPerLine = 0.9e-6;          // one line per datagram; packed it is 0.35
constexpr double kPerFlushedSeries = 10e-6;  // interning, sketching, merging and encoding a timer of 10 samples
constexpr double kAgentAtRest = 0.002;       // without traffic, host statistics included
constexpr double kPerRoutedSeries = 0.55e-6;
constexpr double kPerMergedSeries = 5e-6;  // from the socket to the disk
constexpr double kReceivingShare = 0.53;   // of that is one thread's
constexpr double kPerRow = 6.9e-6;         // committed and rolled up

// Bytes. Series: docs/benchmarks.md and the keys of docs/operations.md.
constexpr double kAgentPerSeries = 1.7 * 1024;  // 161 MiB are 100,000 timers of 10 samples
constexpr double kWirePerSeries = 100;
constexpr double kOpenPerSeries = 300;    // of a unit's series in an open window
constexpr double kKnownPerSeries = 1024;  // running totals and contributors, and the store's catalogue
constexpr double kHistoryPerUnit = 16;
constexpr double kRowBytes = 89;
constexpr double kRollupBytes = 100;
constexpr double kOwnerQueue = 8 * kMiB;  // grpc.owner_queue_bytes
constexpr double kOutbox = 1 * kGiB;      // outbox.max_bytes

constexpr double kPartitions = 4096;
constexpr double kOpenIntervals = 3;      // in memory at once
constexpr double kHorizon = 450;          // merge.horizon
constexpr double kOutageIntervals = 30;   // that an agent's memory holds, beside its spool
constexpr double kSeriesPerGlobal = 1e6;  // at most: a restart reads their catalogue
constexpr double kDiskPerGlobal = 1024 * kGiB;
constexpr double kCoresPerProxy = 1;

int64_t RoundUp(double value, double step) { return static_cast<int64_t>(std::ceil(value / step) * step); }
double RoundUpCores(double cores) { return std::ceil(cores * 20) / 20; }

TierSize AgentSize(const ClusterLoad& load, ClusterSize& size) {
  const double series = static_cast<double>(load.series_per_agent);
  const double seconds = absl::ToDoubleSeconds(load.interval);
  const double lines = load.samples / static_cast<double>(load.agents);
  size.agent_max_series = std::max<int64_t>(20'000, RoundUp(kHeadroom * series, 10'000));
  size.agent_forward_bytes = RoundUp(std::max(64 * kMiB, series * kWirePerSeries * kOutageIntervals), 64 * kMiB);
  const double cores = kAgentAtRest + lines * kPerLine + series / seconds * kPerFlushedSeries;
  const double names = 64 * kMiB;    // limits.max_key_bytes
  const double at_rest = 96 * kMiB;  // program, sockets' buffers, what is retained
  const double memory = at_rest + names + static_cast<double>(size.agent_forward_bytes) +
                        static_cast<double>(size.agent_max_series) * kAgentPerSeries;
  return {.pods = load.agents,
          .cores = std::max(0.05, RoundUpCores(kHeadroom * cores)),
          .memory_bytes = RoundUp(memory, 64 * kMiB)};
}

// What a second brings: each series once for every agent that has it.
double Arrivals(const ClusterLoad& load) {
  return static_cast<double>(load.agents) * static_cast<double>(load.series_per_agent) /
         absl::ToDoubleSeconds(load.interval);
}

double StoredBytesPerSeries(const ClusterLoad& load) {
  return absl::FDivDuration(load.retention, load.interval) * kRowBytes +
         absl::FDivDuration(load.retention_1m, absl::Minutes(1)) * kRollupBytes +
         absl::FDivDuration(load.retention_1h, absl::Hours(1)) * kRollupBytes;
}

// As much again for compaction.
double DiskOfAll(const ClusterLoad& load) { return 2 * static_cast<double>(load.series) * StoredBytesPerSeries(load); }

int64_t GlobalCount(const ClusterLoad& load) {
  const double by_thread = kHeadroom * Arrivals(load) * kPerMergedSeries * kReceivingShare;
  const double by_series = static_cast<double>(load.series) / kSeriesPerGlobal;
  const double by_disk = DiskOfAll(load) / kDiskPerGlobal;
  return std::max<int64_t>(2, static_cast<int64_t>(std::ceil(std::max({by_thread, by_series, by_disk}))));
}

TierSize GlobalSize(const ClusterLoad& load, ClusterSize& size) {
  const int64_t pods = GlobalCount(load);
  const double share = 1 / static_cast<double>(pods);
  const double seconds = absl::ToDoubleSeconds(load.interval);
  const double open = Arrivals(load) * seconds * kOpenIntervals * kOpenPerSeries * share;
  const double units =
      static_cast<double>(load.agents) * share * std::min(kPartitions, static_cast<double>(load.series_per_agent));
  const double series = static_cast<double>(load.series) * share;
  size.merge_memory_bytes = RoundUp(std::max(256 * kMiB, kHeadroom * open), 128 * kMiB);
  size.merge_history_bytes = RoundUp(std::clamp(units * kHistoryPerUnit * kHorizon, 64 * kMiB, kGiB), 64 * kMiB);
  size.horizon_intervals = static_cast<int64_t>(
      std::min(kHorizon, static_cast<double>(size.merge_history_bytes) / (units * kHistoryPerUnit)));
  size.merge_max_series = std::max<int64_t>(100'000, RoundUp(kHeadroom * series, 100'000));
  const double at_rest = 576 * kMiB;  // program, threads, RocksDB's memtables and blocks
  const double memory = at_rest + 1.25 * static_cast<double>(size.merge_memory_bytes) +
                        static_cast<double>(size.merge_history_bytes) + kHeadroom * series * kKnownPerSeries;
  const double cores =
      (Arrivals(load) * kPerMergedSeries + static_cast<double>(load.series) / seconds * kPerRow) * share;
  return {.pods = pods,
          .cores = std::max(0.25, RoundUpCores(kHeadroom * cores)),
          .memory_bytes = RoundUp(memory, 256 * kMiB),
          .disk_bytes = RoundUp(DiskOfAll(load) * share + 2 * kOutbox, kGiB)};
}

// One more than the load takes: any may be lost.
TierSize ProxySize(const ClusterLoad& load, int64_t globals) {
  const double cores = kHeadroom * Arrivals(load) * kPerRoutedSeries;
  const auto needed = static_cast<int64_t>(std::ceil(cores / kCoresPerProxy));
  const double streams = static_cast<double>(load.agents) * 64 * 1024;  // credit and buffers of each
  return {.pods = std::max<int64_t>(1, needed) + 1,
          .cores = std::max(0.1, RoundUpCores(cores / static_cast<double>(std::max<int64_t>(1, needed)))),
          .memory_bytes = RoundUp(320 * kMiB + static_cast<double>(globals) * kOwnerQueue + streams, 64 * kMiB)};
}

}  // namespace

ClusterSize SizeOf(const ClusterLoad& load) {
  ClusterSize size;
  size.agents = AgentSize(load, size);
  size.globals = GlobalSize(load, size);
  size.proxies = ProxySize(load, size.globals.pods);
  return size;
}

}  // namespace tributary
