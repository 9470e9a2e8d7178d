#include "local/source/host/cgroup_stats.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

using NamedField = std::pair<absl::string_view, uint64_t*>;

// "usage_usec 123" a line. Returns whether the first of `fields` was there.
template <size_t N>
bool ReadNamed(absl::string_view text, const NamedField (&fields)[N]) {
  bool has_first = false;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const absl::string_view name = NextField(line);
    for (const auto& [known, field] : fields) {
      if (name != known) continue;
      const std::optional<uint64_t> count = NextCount(line);
      *field = count.value_or(0);
      has_first |= field == fields[0].second && count.has_value();
    }
  }
  return has_first;
}

// "0::/system.slice/agent.service"
std::optional<std::string> OwnPath(absl::string_view own_groups) {
  while (!own_groups.empty()) {
    absl::string_view line = NextLine(own_groups);
    if (absl::ConsumePrefix(&line, "0::") && absl::StartsWith(line, "/")) return std::string(line);
  }
  return {};
}

bool IsOfContainer(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  return !absl::EndsWith(name, ".service") && !absl::StartsWith(name, "session-") && name != "init.scope";
}

}  // namespace

// "200000 100000" or "max 100000"
std::optional<double> ParseCpuMax(absl::string_view text) {
  const std::optional<uint64_t> quota_us = NextCount(text);
  const std::optional<uint64_t> period_us = NextCount(text);
  if (!quota_us.has_value() || period_us.value_or(0) == 0) return {};
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

std::optional<CgroupCpuStat> ParseCgroupCpuStat(absl::string_view text) {
  CgroupCpuStat stat;
  const NamedField fields[] = {{"usage_usec", &stat.usage_us},
                               {"user_usec", &stat.user_us},
                               {"system_usec", &stat.system_us},
                               {"nr_periods", &stat.periods},
                               {"nr_throttled", &stat.throttled_periods},
                               {"throttled_usec", &stat.throttled_us}};
  if (!ReadNamed(text, fields)) return {};
  return stat;
}

CgroupMemoryEvents ParseCgroupMemoryEvents(absl::string_view text) {
  CgroupMemoryEvents events;
  const NamedField fields[] = {
      {"high", &events.high}, {"max", &events.max}, {"oom", &events.oom}, {"oom_kill", &events.oom_kill}};
  ReadNamed(text, fields);
  return events;
}

std::optional<uint64_t> ParseInactiveFile(absl::string_view text) {
  uint64_t bytes = 0;
  const NamedField fields[] = {{"inactive_file", &bytes}};
  if (!ReadNamed(text, fields)) return {};
  return bytes;
}

std::optional<std::string> FindContainerFolder(absl::string_view own_groups, const std::vector<Mount>& mounts) {
  const std::optional<std::string> path = OwnPath(own_groups);
  if (!path.has_value() || !IsOfContainer(*path)) return {};
  for (const Mount& mount : mounts) {
    if (mount.type != "cgroup2") continue;
    // What is mounted may be the container's own part of the hierarchy already.
    absl::string_view below = *path;
    if (mount.root != "/") absl::ConsumePrefix(&below, mount.root);
    return below == "/" ? mount.point : absl::StrCat(mount.point, below);
  }
  return {};
}

}  // namespace tributary
