#pragma once

#include <string>
#include <vector>

#include "common/config/config_node.h"

namespace tributary {

// The settings in force as YAML that can be read again, each with a comment that says where it was written:
//
//   ingest:
//     listen: ["udp://127.0.0.1:8125"]  # line 4
//     udp_readers: 0  # default
//   sinks:
//     - kind: stdout  # line 9
//       name: stdout  # default
//
// Secrets are redacted. Keys of one section stand together, in the order in which they first come.
std::string FormatConfigPage(const std::vector<ConfigKey>& keys);

}  // namespace tributary
