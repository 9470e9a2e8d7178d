#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "local/source/host/device_stats.h"

namespace tributary {

// What a control group (version 2) tells of itself: text of its files in, numbers out.
// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.

// cpu.max: in CPUs; nothing when there is no limit.
std::optional<double> ParseCpuMax(absl::string_view text);

// cpu.stat.
struct CgroupCpuStat {
  uint64_t usage_us = 0;
  uint64_t user_us = 0;
  uint64_t system_us = 0;
  // 0 where there is no quota.
  uint64_t periods = 0;
  uint64_t throttled_periods = 0;
  uint64_t throttled_us = 0;
};
std::optional<CgroupCpuStat> ParseCgroupCpuStat(absl::string_view text);

// memory.events: how often the group met its limits.
struct CgroupMemoryEvents {
  uint64_t high = 0;
  uint64_t max = 0;
  uint64_t oom = 0;
  uint64_t oom_kill = 0;
};
CgroupMemoryEvents ParseCgroupMemoryEvents(absl::string_view text);

// Of memory.stat: file pages that can go at once, which a limit takes back before it kills.
std::optional<uint64_t> ParseInactiveFile(absl::string_view text);

// The folder of the group that /proc/self/cgroup names, by where the hierarchy is mounted. Nothing without version 2,
// and for groups that are no container's: a service of systemd, a session.
std::optional<std::string> FindContainerFolder(absl::string_view own_groups, const std::vector<Mount>& mounts);

}  // namespace tributary
