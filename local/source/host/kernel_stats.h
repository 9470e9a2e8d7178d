#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace tributary {

// What the kernel tells of the whole machine: text of /proc in, numbers out. Nothing when the text lacks what its kind
// cannot do without; fields that older kernels have not are 0.
// Source: the kernel's Documentation/filesystems/proc.rst and Documentation/accounting/psi.rst.

// /proc/stat. Ticks are of 1/sysconf(_SC_CLK_TCK) s, summed over the CPUs. Time of guests is in user and nice already.
struct CpuStat {
  enum Mode { kUser, kNice, kSystem, kIdle, kIowait, kIrq, kSoftirq, kSteal, kModeCount };
  std::array<uint64_t, kModeCount> ticks{};
  uint64_t cpus = 0;
  uint64_t boot_unix_seconds = 0;
  uint64_t processes_created = 0;
  uint64_t processes_running = 0;
  uint64_t processes_blocked = 0;
};
std::optional<CpuStat> ParseCpuStat(absl::string_view text);

// /proc/meminfo, in bytes.
struct MemoryInfo {
  uint64_t total = 0;
  uint64_t free = 0;
  uint64_t available = 0;  // before Linux 3.14: free, buffers, cached and reclaimable slabs
  uint64_t buffers = 0;
  uint64_t cached = 0;
  uint64_t shared = 0;
  uint64_t swap_total = 0;
  uint64_t swap_free = 0;
};
std::optional<MemoryInfo> ParseMemoryInfo(absl::string_view text);

// /proc/vmstat, since the machine's start.
struct PagingStat {
  uint64_t faults = 0;  // minor and major
  uint64_t major_faults = 0;
  uint64_t swapped_in = 0;  // pages
  uint64_t swapped_out = 0;
  uint64_t oom_kills = 0;  // since Linux 4.13
};
std::optional<PagingStat> ParsePagingStat(absl::string_view text);

// /proc/loadavg: of 1, 5 and 15 minutes.
using LoadAverage = std::array<double, 3>;
std::optional<LoadAverage> ParseLoadAverage(absl::string_view text);

// /proc/sys/fs/file-nr.
struct FileHandles {
  uint64_t used = 0;
  uint64_t limit = 0;
};
std::optional<FileHandles> ParseFileHandles(absl::string_view text);

// /proc/pressure/*, and *.pressure of a control group: time in which some, or all, of its tasks waited.
struct Pressure {
  uint64_t some_us = 0;
  std::optional<uint64_t> full_us;  // of CPU since Linux 5.13, and there always 0 for the machine
};
std::optional<Pressure> ParsePressure(absl::string_view text);

}  // namespace tributary
