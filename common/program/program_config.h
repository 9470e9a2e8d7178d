#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/config_node.h"
#include "common/net/address.h"
#include "common/net/plaintext.h"
#include "common/net/tls_files.h"

namespace tributary {

// What is configured alike in every daemon; docs/operations.md says what more and less of each cost.
struct ProgramConfig {
  // Equal in the whole cluster, like the interval: peers that say otherwise are refused, and so is a store of others.
  std::string cluster = "tributary";
  absl::Duration interval = absl::Seconds(10);
  std::string log_level = "info";
  TlsFiles tls;          // on every hop; not configured: plaintext, on this machine only
  bool tls_off = false;  // plaintext beyond this machine is allowed
  absl::Duration shutdown_grace = absl::Seconds(10);
  std::string crash_dir;  // of crash reports; empty: they go to standard error only

  Address http_listen;           // pages and metrics
  bool remote_admin = false;     // who is not on this machine may change what runs
  bool http_tls = true;          // HTTPS when there are certificates
  std::string http_tokens_file;  // who is not on this machine needs one of them
  bool public_metrics = false;   // but not for /metrics
  int http_handler_threads = 4;  // no key: as many as the program's slow pages need, and some for the others
  std::vector<std::string> http_cors_origins;  // whose pages a browser lets read ours; "*": all

  int watchdog_intervals = 6;         // without a sign of work, until that is told; 0: never
  int watchdog_abort_intervals = 30;  // until the process ends itself; 0: never

  // Whether traffic of the cluster may go to or come in at `address`.
  bool MayUse(const Address& address) const { return tls_off || tls.configured() || IsLoopback(address); }
};

// Reads these keys of the root; `config` has the defaults.
void ReadProgramConfig(ConfigNode root, ProgramConfig& config);

// Reads `key` as host:port; `address` has the default. Whether there is a usable one, else that is an error.
bool ReadTcpAddress(ConfigNode node, absl::string_view key, Address& address);

}  // namespace tributary
