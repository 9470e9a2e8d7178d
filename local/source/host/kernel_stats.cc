#include "local/source/host/kernel_stats.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

// The first four are as old as the file.
constexpr int kOldestModes = CpuStat::kIdle + 1;

bool ReadTicks(absl::string_view line, CpuStat& stat) {
  for (int mode = 0; mode < CpuStat::kModeCount; ++mode) {
    const std::optional<uint64_t> ticks = NextCount(line);
    if (!ticks.has_value()) return mode >= kOldestModes;
    stat.ticks[mode] = *ticks;
  }
  return true;
}

// "MemTotal:       24684084 kB"
std::optional<uint64_t> Kibibytes(absl::string_view line) {
  const std::optional<uint64_t> count = NextCount(line);
  if (!count.has_value() || *count > UINT64_MAX / 1024) return {};
  return *count * 1024;
}

// "some avg10=0.49 avg60=0.99 avg300=0.72 total=253542716"
std::optional<uint64_t> TotalOf(absl::string_view line) {
  for (absl::string_view field = NextField(line); !field.empty(); field = NextField(line)) {
    if (absl::ConsumePrefix(&field, "total=")) return ParseCount(field);
  }
  return {};
}

}  // namespace

std::optional<CpuStat> ParseCpuStat(absl::string_view text) {
  CpuStat stat;
  bool has_ticks = false;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const absl::string_view name = NextField(line);
    if (name == "cpu") {
      has_ticks = ReadTicks(line, stat);
    } else if (absl::StartsWith(name, "cpu")) {
      ++stat.cpus;
    } else if (name == "btime") {
      stat.boot_unix_seconds = NextCount(line).value_or(0);
    } else if (name == "processes") {
      stat.processes_created = NextCount(line).value_or(0);
    } else if (name == "procs_running") {
      stat.processes_running = NextCount(line).value_or(0);
    } else if (name == "procs_blocked") {
      stat.processes_blocked = NextCount(line).value_or(0);
    }
  }
  if (!has_ticks) return {};
  return stat;
}

std::optional<MemoryInfo> ParseMemoryInfo(absl::string_view text) {
  MemoryInfo info;
  std::optional<uint64_t> available;
  uint64_t reclaimable = 0;
  const std::pair<absl::string_view, uint64_t*> fields[] = {
      {"MemTotal:", &info.total},     {"MemFree:", &info.free},        {"Buffers:", &info.buffers},
      {"Cached:", &info.cached},      {"Shmem:", &info.shared},        {"SwapTotal:", &info.swap_total},
      {"SwapFree:", &info.swap_free}, {"SReclaimable:", &reclaimable},
  };
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const absl::string_view name = NextField(line);
    if (name == "MemAvailable:") available = Kibibytes(line);
    for (const auto& [known, field] : fields) {
      if (name == known) *field = Kibibytes(line).value_or(0);
    }
  }
  if (info.total == 0) return {};
  info.available = std::min(info.total, available.value_or(info.free + info.buffers + info.cached + reclaimable));
  return info;
}

std::optional<PagingStat> ParsePagingStat(absl::string_view text) {
  PagingStat stat;
  bool has_faults = false;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const absl::string_view name = NextField(line);
    if (name == "pgfault") {
      const std::optional<uint64_t> faults = NextCount(line);
      has_faults = faults.has_value();
      stat.faults = faults.value_or(0);
    } else if (name == "pgmajfault") {
      stat.major_faults = NextCount(line).value_or(0);
    } else if (name == "pswpin") {
      stat.swapped_in = NextCount(line).value_or(0);
    } else if (name == "pswpout") {
      stat.swapped_out = NextCount(line).value_or(0);
    } else if (name == "oom_kill") {
      stat.oom_kills = NextCount(line).value_or(0);
    }
  }
  if (!has_faults) return {};
  return stat;
}

std::optional<LoadAverage> ParseLoadAverage(absl::string_view text) {
  LoadAverage load{};
  for (double& average : load) {
    if (!absl::SimpleAtod(NextField(text), &average) || !(average >= 0 && average < 1e9)) return {};
  }
  return load;
}

// "4769	0	2466170": allocated, of these unused, limit
std::optional<FileHandles> ParseFileHandles(absl::string_view text) {
  const std::optional<uint64_t> allocated = NextCount(text);
  const std::optional<uint64_t> unused = NextCount(text);
  const std::optional<uint64_t> limit = NextCount(text);
  if (!limit.has_value() || !unused.has_value() || !allocated.has_value() || *unused > *allocated) return {};
  return FileHandles{*allocated - *unused, *limit};
}

std::optional<Pressure> ParsePressure(absl::string_view text) {
  std::optional<uint64_t> some;
  std::optional<uint64_t> full;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const absl::string_view name = NextField(line);
    if (name == "some") some = TotalOf(line);
    if (name == "full") full = TotalOf(line);
  }
  if (!some.has_value()) return {};
  return Pressure{*some, full};
}

}  // namespace tributary
