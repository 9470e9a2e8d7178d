#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config_document.h"
#include "common/net/address.h"
#include "common/rules/rules_config.h"
#include "common/sink/sink_config.h"
#include "local/flush/flush_config.h"
#include "local/forward/forward_config.h"
#include "local/ingest/ingest_config.h"
#include "local/shard/limits_config.h"

namespace tributary {

struct LocalConfig {
  // Equal in the whole cluster, like flush.interval: proxies refuse agents that say otherwise.
  std::string cluster = "tributary";
  // The tag `host` of this agent's series; empty: the machine's name.
  std::string host;
  // Remembers the instance across restarts, so that a successor is believed at once when it says that its predecessor
  // is dead. Empty: windows wait for a dead agent until its lease is over.
  std::string data_dir;
  std::string log_level = "info";
  // How long SIGTERM waits for what was read to be committed.
  absl::Duration shutdown_grace = absl::Seconds(15);

  IngestConfig ingest;
  LimitsConfig limits;
  FlushConfig flush;
  ForwardConfig forward;
  RulesConfig rules;
  std::vector<SinkConfig> sinks;  // of series whose scope is local

  // Metrics and health.
  Address http_listen{.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8126, .path = ""};
};

// Every error at once, each with its line.
absl::StatusOr<LocalConfig> ReadLocalConfig(ConfigDocument& document);

}  // namespace tributary
