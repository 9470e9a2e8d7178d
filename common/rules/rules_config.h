#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/config_node.h"
#include "common/rules/rule.h"
#include "common/rules/rule_set.h"

namespace tributary {

// Which metrics tell how a service does; empty where it has none. They are kept for the fleet under their own name, and
// by host as `<metric>.by_host`, so that hosts can be compared and capacity be computed.
struct ServiceSpec {
  std::string name;
  std::string rate;      // requests: a counter, or a timer whose count is the rate
  std::string error;     // failed requests: a counter
  std::string duration;  // of requests: a timer, histogram or distribution
};

struct RulesConfig {
  std::vector<std::string> extend_tags;
  std::vector<ServiceSpec> services;
  std::vector<RuleSpec> rules;
};

// Reads three keys of the root, telling problems at their lines:
//
//   extend_tags: ["cluster:eu1"]         # added unless the client sent a tag of that key
//   services:                            # metrics of which each is kept for the fleet and by host
//     - {name: api, rate: api.requests, error: api.errors, duration: api.latency}
//   rules:                               # after those of the services, in order
//     - name: "debug.*"                  # glob; default "*"
//       tags: ["env:dev*"]               # globs, all must match a tag
//       types: [timer, histogram]        # any of; default all
//       drop: true
//     - name: api.queue
//       scope: global                    # global, host or local
//       rename: queue                    # `*` stands for the client's name
//       by: [region]                     # keeps these tag keys; or `without:`
//     - name: api.latency
//       scopes: {global: {}, host: {as: "*.by_host"}}   # the first keeps the name
void ReadRules(ConfigNode root, RulesConfig& config);
// Only `services`, for programs that have no rules.
void ReadServices(ConfigNode root, std::vector<ServiceSpec>& services);

// The suffix of a service's metrics by host.
inline constexpr absl::string_view kByHostSuffix = ".by_host";
std::vector<RuleSpec> RulesOf(const std::vector<ServiceSpec>& services);

absl::StatusOr<RuleSet> BuildRules(const RulesConfig& config);

}  // namespace tributary
