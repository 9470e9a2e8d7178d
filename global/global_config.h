#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config_document.h"
#include "common/net/address.h"
#include "common/program/program_config.h"
#include "common/sink/sink_config.h"
#include "global/merge/window_book.h"

namespace tributary {

// `shutdown_grace`: for a view without this node to be in force, which is about three intervals, and for its windows
// before it to be committed (three quarters); then for the sinks to take them.
struct GlobalConfig : ProgramConfig {
  GlobalConfig() {
    shutdown_grace = absl::Seconds(45);
    http_listen = {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8130, .path = ""};
  }

  // As the proxies know this node; survives restarts. Default: the host's name.
  std::string node_id;
  // A first start closes nothing before as many agents are here; 0: for 15 intervals. Fewer than there are: the first
  // values may lack some of the fleet. More: the first values come after 15 intervals.
  int expected_agents = 0;

  Address grpc_listen{.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8129, .path = ""};  // proxies
  int max_connections = 2048;  // two of each proxy, and those that say nothing; as many streams

  uint64_t merge_memory_bytes = 1u << 30;  // of open windows; beyond, units are told to come again
  // Of one series in one open window: its digests, 24 bytes a centroid, of which an agent's has up to about 110. Beyond
  // it they are compacted, and owners that compute the same window may differ within the digest's error. Should be well
  // below merge_memory_bytes.
  uint64_t merge_buffer_bytes = 8 << 20;
  uint64_t merge_history_bytes = 256 << 20;  // of closed windows' manifests; beyond, the horizon comes nearer
  // In intervals: how far back units are taken, and so the longest outage of the globals whose backlog is not lost. Not
  // more than agents spool (spool.max_age), nor than what merge_history_bytes holds. More: memory and disk for
  // manifests, and instances that have ended are remembered for longer, of which there are at most 16,384.
  int merge_horizon = 450;
  int max_series = 1 << 20;  // with running totals and known contributors; beyond, totals start anew
  // Of the digest that an open window makes of a series, and so of the percentiles that sinks get. About 5 bytes each.
  double merge_compression = 500;
  double coverage = 0.99;  // of its contributors, for a series to close before all agents are here

  std::string store_path = "/var/lib/tributary/global";
  absl::Duration retention = absl::Hours(24);           // of rows for queries, of the interval
  absl::Duration retention_1m = absl::Hours(24 * 7);    // of those rolled up to a minute; at least as long
  absl::Duration retention_1h = absl::Hours(24 * 180);  // and to an hour; at least as long again
  // Of the digests that are stored, and so of the answers to queries. Half of it: half the disk, and about 1.4 times
  // the error around the median of a small fleet.
  double store_compression = 100;
  // 2: each global's store is kept at the next one, too, and answers there when the global itself does not: a lost disk
  // loses no history. Twice the disk, and about as much traffic again as the rows take.
  int store_copies = 1;
  // With copies, of what was written lately: for as long as this holds, a holder that was away goes on where it was.
  uint64_t store_copy_log_bytes = 512u << 20;
  uint64_t store_cache_bytes = 64 << 20;
  uint64_t store_write_buffer_bytes = 16 << 20;

  // When a global that is told to end hands its stored history to those who own its partitions then. kRemoved: when the
  // views were without it before that, because the membership does not name it any more; one that only starts anew
  // keeps what it has. kAlways: whenever a view without it is in force: for those who scale down by ending.
  enum class HandOver { kRemoved, kAlways, kNever };
  HandOver hand_over = HandOver::kRemoved;
  absl::Duration handover_timeout = absl::Minutes(30);  // after the grace; then it ends with what it has

  uint64_t outbox_max_bytes = 1u << 30;  // of rows that wait for sinks; beyond, the oldest are dropped
  std::vector<SinkConfig> sinks;
};

// Every error at once, each with its line.
absl::StatusOr<GlobalConfig> ReadGlobalConfig(ConfigDocument& document);

WindowBookOptions BookOptions(const GlobalConfig& config);

}  // namespace tributary
