#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/http_client.h"

namespace tributary {

// What an agent says of what it has read, from its /metrics; each the sum over its labels.
struct AgentCounts {
  double datagrams = 0;
  double lines = 0;
  double lines_rejected = 0;
  double samples_accepted = 0;
  double samples_dropped = 0;
  double kernel_drops = 0;  // datagrams

  friend AgentCounts operator-(const AgentCounts& a, const AgentCounts& b);
  friend bool operator==(const AgentCounts&, const AgentCounts&) = default;
};

AgentCounts ParseAgentCounts(absl::string_view metrics);

// `url` of the agent's pages, "http://127.0.0.1:8126".
absl::StatusOr<AgentCounts> FetchAgentCounts(HttpClient& client, const std::string& url);

// Asks until the agent has read `lines` more than `before`, or has read nothing new for a second, or `timeout` is over.
absl::StatusOr<AgentCounts> AwaitLines(HttpClient& client, const std::string& url, const AgentCounts& before,
                                       double lines, absl::Duration timeout);

}  // namespace tributary
