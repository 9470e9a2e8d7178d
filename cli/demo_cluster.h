#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/http_target.h"
#include "common/net/http_client.h"

namespace tributary {

// What an agent says of its samples; accepted = committed + dropped + pending.
struct AgentBooks {
  double accepted = 0;
  double committed = 0;
  double dropped = 0;
  double pending = 0;
  AgentBooks& operator+=(const AgentBooks& other);
};

// The demo's view of a cluster from outside: readiness, books and percentiles, all over HTTP. Thread-compatible.
class DemoCluster {
 public:
  DemoCluster(HttpTarget proxy, std::vector<std::string> agent_urls);

  // Waits until every agent and the proxy are ready; the error names the one that is not.
  absl::Status WaitUntilReady(absl::Duration timeout);

  // quantile(φ, metric[window]) of the whole fleet at `time`, one value per φ.
  absl::StatusOr<std::vector<double>> Quantiles(absl::string_view metric, const std::vector<double>& quantiles,
                                                absl::Time time, absl::Duration window);

  // Summed over all agents.
  absl::StatusOr<AgentBooks> Books();

 private:
  absl::StatusOr<std::string> Get(const std::string& url);

  const HttpTarget proxy_;
  const std::vector<std::string> agent_urls_;
  HttpClient http_;
};

}  // namespace tributary
