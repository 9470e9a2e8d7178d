#include "global/global_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/hash/partition.h"
#include "common/net/plaintext.h"
#include "common/sketch/tdigest.h"

namespace tributary {
namespace {

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "";
}

void ReadGrpc(ConfigNode node, GlobalConfig& config) {
  node.Read("max_connections", config.max_connections, {.min = 1, .max = 100'000});
  if (!ReadTcpAddress(node, "listen", config.grpc_listen)) return;
  node.Check(config.MayUse(config.grpc_listen), "listen",
             absl::StrCat(config.grpc_listen.HostPort(), " ", kPlaintextRefused));
}

void ReadMerge(ConfigNode node, GlobalConfig& config) {
  node.ReadBytes("memory_bytes", config.merge_memory_bytes, {.min = 16u << 20});
  node.ReadBytes("buffer_bytes", config.merge_buffer_bytes,
                 {.min = TDigestMerger::kMinBufferCentroids * sizeof(Centroid), .max = 1u << 30});
  node.ReadBytes("history_bytes", config.merge_history_bytes, {.min = 16u << 20});
  node.Read("horizon", config.merge_horizon, {.min = 90, .max = 8640});
  node.Read("max_series", config.max_series, {.min = 1000, .max = 100'000'000});
  node.Read("compression", config.merge_compression,
            {.min = TDigest::kMinCompression, .max = TDigest::kMaxCompression});
  node.Read("coverage", config.coverage, {.min = 0.5, .max = 1});
}

void ReadStore(ConfigNode node, GlobalConfig& config) {
  node.Read("path", config.store_path);
  node.Check(!config.store_path.empty(), "path", "must not be empty");
  node.Read("retention", config.retention, {.min = absl::Hours(2), .max = absl::Hours(24 * 365)});
  config.retention_1m = std::max(config.retention_1m, config.retention);
  node.Read("retention_1m", config.retention_1m, {.min = absl::Hours(2), .max = absl::Hours(24 * 365 * 2)});
  node.Check(config.retention_1m >= config.retention, "retention_1m", "must not be shorter than retention");
  config.retention_1h = std::max(config.retention_1h, config.retention_1m);
  node.Read("retention_1h", config.retention_1h, {.min = absl::Hours(2), .max = absl::Hours(24 * 365 * 10)});
  node.Check(config.retention_1h >= config.retention_1m, "retention_1h", "must not be shorter than retention_1m");
  node.Read("compression", config.store_compression,
            {.min = TDigest::kMinCompression, .max = TDigest::kMaxCompression});
  node.Read("copies", config.store_copies, {.min = 1, .max = 2});
  node.ReadBytes("copy_log_bytes", config.store_copy_log_bytes, {.min = 16u << 20, .max = uint64_t{64} << 30});
  node.ReadBytes("cache_bytes", config.store_cache_bytes, {.min = 1u << 20});
  node.ReadBytes("write_buffer_bytes", config.store_write_buffer_bytes, {.min = 1u << 20, .max = 1u << 30});
}

void ReadHandover(ConfigNode node, GlobalConfig& config) {
  using HandOver = GlobalConfig::HandOver;
  node.ReadEnum("when", config.hand_over,
                {{"removed", HandOver::kRemoved}, {"always", HandOver::kAlways}, {"never", HandOver::kNever}});
  node.Read("timeout", config.handover_timeout, {.min = absl::Seconds(1), .max = absl::Hours(24)});
}

}  // namespace

absl::StatusOr<GlobalConfig> ReadGlobalConfig(ConfigDocument& document) {
  GlobalConfig config;
  config.node_id = HostName();
  ConfigNode root = document.root();
  ReadProgramConfig(root, config);
  root.Read("node_id", config.node_id);
  root.Check(!config.node_id.empty(), "node_id", "must not be empty");
  root.Read("expected_agents", config.expected_agents, {.min = 0, .max = 16384});
  ReadGrpc(root.Section("grpc"), config);
  ReadMerge(root.Section("merge"), config);
  ReadStore(root.Section("store"), config);
  ReadHandover(root.Section("handover"), config);
  root.Section("outbox").ReadBytes("max_bytes", config.outbox_max_bytes, {.min = 1u << 20});
  config.sinks = ReadSinks(root, SinkQueue::kOutbox);
  if (const absl::Status status = document.ToStatus(); !status.ok()) return status;
  return config;
}

WindowBookOptions BookOptions(const GlobalConfig& config) {
  WindowBookOptions options;
  options.node_id = config.node_id;
  options.interval = config.interval;
  options.cluster_seed = ClusterSeed(config.cluster);
  options.expected_agents = config.expected_agents;
  options.coverage_bar = config.coverage;
  options.memory_bytes = config.merge_memory_bytes;
  options.history_bytes = config.merge_history_bytes;
  options.horizon = config.merge_horizon;
  options.max_series = static_cast<size_t>(config.max_series);
  options.merge.compression = config.merge_compression;
  options.merge.buffer_centroids = config.merge_buffer_bytes / sizeof(Centroid);
  return options;
}

}  // namespace tributary
