#pragma once

#include <string>
#include <vector>

#include "common/config/config_node.h"

namespace tributary {

// Something that runs up to a limit on each host, and the metrics that tell how far it is. A value.
struct ResourceSpec {
  enum class Grows { kWithLoad, kWithTime };  // time: what fills up, as a disk; more load does not fill it at once

  std::string name;         // "cpu"
  std::string utilization;  // a metric of shares, 0 to 1
  std::string used;         // or two gauges, of which this is the part
  std::string capacity;     // and this the whole
  double limit = 0.8;       // share of the whole that is still well
  Grows grows = Grows::kWithLoad;
  std::vector<std::string> by;  // tags that tell several of one host apart, each of which has a limit of its own
};

// In words: "cpu", or "disk sda" where a host has several instances.
std::string ResourceText(const std::string& resource, const std::string& instance);

// What the agents' host statistics tell (docs/host-metrics.md). Disk time is not among them: a disk that does much at
// once is not at its limit when it is always busy.
std::vector<ResourceSpec> DefaultResources();

// Reads `resources:` of the root; the defaults where it is not there.
//
//   resources:
//     - {name: cpu, utilization: system.cpu.utilization, limit: 0.8}
//     - {name: pool, used: db.pool.used, capacity: db.pool.size, limit: 0.9, by: [pool]}
//     - {name: disk, utilization: system.filesystem.utilization, grows: time}
std::vector<ResourceSpec> ReadResources(ConfigNode root);

}  // namespace tributary
