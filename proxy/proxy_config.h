#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/config_document.h"
#include "common/discovery/discovery_config.h"
#include "common/hash/view.h"
#include "common/net/address.h"
#include "common/program/program_config.h"
#include "common/rules/rules_config.h"
#include "proxy/capacity/resource_spec.h"
#include "proxy/query/query_runner.h"

namespace tributary {

// `shutdown_grace`: for agents to take their last answers.
struct ProxyConfig : ProgramConfig {
  ProxyConfig() {
    shutdown_grace = absl::Seconds(5);
    http_listen = {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8128, .path = ""};
  }

  // Agents connect here.
  Address grpc_listen{.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8127, .path = ""};
  int max_connections = 16384;  // one of each agent, and those that say nothing; as many streams
  // Of answers that wait for one agent; what is beyond is not sent, and the agent asks again.
  uint64_t agent_queue_bytes = 8u << 20;
  // Of batches that wait for one global; what is beyond is told to the agents as busy. Memory: this times the globals.
  uint64_t owner_queue_bytes = 8u << 20;

  // Of queries; what they may take.
  QueryRunner::Options query;
  uint64_t query_bytes_per_global = 64u << 20;  // that one global may answer a selector with

  // Where the globals are: a list here, or what finds them.
  std::vector<Member> members;  // read again at SIGHUP and when the file changes
  DiscoveryConfig globals;
  // A list that lacks more than a third of the globals must stay so for as long before they own nothing more.
  absl::Duration confirm_removal = absl::Minutes(10);

  // What capacity is told from: whose load is what, and what runs up to a limit.
  std::vector<ServiceSpec> services;
  std::vector<ResourceSpec> resources = DefaultResources();
};

// Every error at once, each with its line.
absl::StatusOr<ProxyConfig> ReadProxyConfig(ConfigDocument& document);

// Plaintext beyond this machine is refused unless the configuration says otherwise.
AddressCheck GlobalAddressCheck(const ProgramConfig& program);

}  // namespace tributary
