#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config_document.h"
#include "common/program/program_config.h"
#include "common/rules/rules_config.h"
#include "common/sink/sink_config.h"
#include "local/flush/flush_config.h"
#include "local/forward/forward_config.h"
#include "local/ingest/ingest_config.h"
#include "local/shard/limits_config.h"
#include "local/source/host/host_config.h"

namespace tributary {

// `shutdown_grace`: for what was read to be committed.
struct LocalConfig : ProgramConfig {
  LocalConfig() {
    shutdown_grace = absl::Seconds(15);
    http_listen = {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8126, .path = ""};
  }

  // The tag `host` of this agent's series; empty: the machine's name.
  std::string host;
  // Holds the spool, and remembers the instance across restarts, so that a successor is believed at once when it says
  // that its predecessor is dead. Empty: no spool, and windows wait for a dead agent until its lease is over.
  std::string data_dir;

  IngestConfig ingest;
  LimitsConfig limits;
  FlushConfig flush;
  ForwardConfig forward;
  SpoolConfig spool;
  HostConfig host_metrics;
  RulesConfig rules;
  std::vector<SinkConfig> sinks;  // of series whose scope is local
};

// Every error at once, each with its line.
absl::StatusOr<LocalConfig> ReadLocalConfig(ConfigDocument& document);

// Plaintext beyond this machine is refused unless the configuration says otherwise.
AddressCheck ProxyAddressCheck(const ProgramConfig& program);

}  // namespace tributary
