#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/discovery/discovery_config.h"
#include "common/net/address.h"

namespace tributary {

struct ForwardConfig {
  // host:port each; a name may lead to several proxies. One is used at a time, the next when it is lost.
  std::vector<Address> proxies = {{.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8127, .path = ""}};
  // Finds them instead, where it has a source.
  DiscoveryConfig discover;
  // How often the names are looked up again.
  absl::Duration resolve_every = absl::Seconds(30);
  // Of blocks that are not committed. More: a longer outage of the cluster without loss. Beyond it the oldest that were
  // never sent are dropped and counted as `forward_memory`.
  uint64_t memory_bytes = 64u << 20;
  // Of committed blocks, kept to rebuild what a global has lost with its disk; up to twice as much while it does.
  uint64_t retain_bytes = 8u << 20;
  // The same on disk, where there is a spool: what memory has no room for.
  uint64_t retain_disk_bytes = 256u << 20;
};

// Units on disk, in `spool` of the data folder.
struct SpoolConfig {
  // off; overflow: what forward.memory_bytes has no room for, and what a stopping agent could not deliver; always:
  // every unit before it is sent, so that a killed agent loses its open interval only; writes what is forwarded to disk
  // once.
  std::string mode = "overflow";
  // Beyond either the oldest segment is deleted, counted as `spool_bound`.
  uint64_t max_bytes = 4ull << 30;
  absl::Duration max_age = absl::Hours(24);
  // How much a loss of power may cost.
  absl::Duration sync_every = absl::Seconds(1);
};

}  // namespace tributary
