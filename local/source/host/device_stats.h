#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tributary {

// What the kernel tells of each device: text of /proc in, one value per line out. Lines that are not whole are left
// out. `name` and its like are views into the text; totals are since the machine's start, or the device's.

// /proc/diskstats. Source: the kernel's Documentation/admin-guide/iostats.rst.
struct DiskStat {
  struct Direction {
    uint64_t operations = 0;
    uint64_t merged = 0;
    uint64_t sectors = 0;  // of 512 bytes, whatever the device's are
    uint64_t ms = 0;       // summed over operations
  };
  absl::string_view name;
  Direction read;
  Direction write;
  uint64_t busy_ms = 0;
};
std::vector<DiskStat> ParseDiskStats(absl::string_view text);

// /proc/net/dev.
struct NetworkStat {
  struct Direction {
    uint64_t bytes = 0;
    uint64_t packets = 0;
    uint64_t errors = 0;
    uint64_t dropped = 0;
  };
  absl::string_view name;
  Direction receive;
  Direction transmit;
};
std::vector<NetworkStat> ParseNetworkStats(absl::string_view text);

// /proc/PID/mountinfo. `device` is "8:1", `source` "/dev/sda1"; escapes are resolved.
struct Mount {
  absl::string_view device;
  std::string root;   // of what is mounted, within its file system
  std::string point;  // where it is mounted
  absl::string_view type;
  std::string source;
};
std::vector<Mount> ParseMounts(absl::string_view text);

}  // namespace tributary
