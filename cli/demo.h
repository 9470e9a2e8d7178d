#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/http_target.h"
#include "common/traffic/fleet.h"

namespace tributary {

// The load of a demo fleet against a running cluster, and a line per interval that sets the cluster's percentiles
// beside the exact ones.
struct DemoOptions {
  std::vector<std::string> agents;              // udp://host:port or unixgram:///path; instance k sends to k mod n
  std::vector<std::string> agent_urls;          // http://host:port of the agents' admin pages
  HttpTarget proxy;                             // its authorities and token hold for the agents too
  std::vector<std::string> row_files;           // of the globals' json_lines sinks
  absl::Duration interval = absl::Seconds(10);  // the cluster's
  std::optional<absl::Duration> run_for;        // rounded up to whole intervals; none: until SIGINT or SIGTERM
  Fleet::Options fleet;
};

// Runs until its time is over or a signal comes, then waits for what was sent to be committed and prints the verdict:
// true when it is OK. Fails when the cluster does not become ready.
absl::StatusOr<bool> RunDemo(const DemoOptions& options);

}  // namespace tributary
