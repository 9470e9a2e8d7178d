#include "local/source/host/system_sampler.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

constexpr double kMicrosecond = 1e-6;

struct ModeTag {
  CpuStat::Mode mode;
  absl::string_view tag;
};
// Hard and soft interrupts are one mode to OpenTelemetry.
constexpr ModeTag kModeTags[] = {
    {CpuStat::kUser, "cpu.mode:user"},         {CpuStat::kNice, "cpu.mode:nice"},
    {CpuStat::kSystem, "cpu.mode:system"},     {CpuStat::kIdle, "cpu.mode:idle"},
    {CpuStat::kIowait, "cpu.mode:iowait"},     {CpuStat::kIrq, "cpu.mode:interrupt"},
    {CpuStat::kSoftirq, "cpu.mode:interrupt"}, {CpuStat::kSteal, "cpu.mode:steal"},
};

double AsDouble(uint64_t value) { return static_cast<double>(value); }

// Reads a file and gives `use` what it says. Returns how many made no sense: 0 or 1.
template <class Parse, class Use>
int With(HostFiles& files, const std::string& path, const Parse& parse, const Use& use) {
  const auto text = files.Read(path);
  if (!text.has_value()) return 0;
  const auto parsed = parse(*text);
  if (!parsed.has_value()) return 1;
  use(*parsed);
  return 0;
}

void SampleMemory(const MemoryInfo& info, SeriesWriter& out) {
  const double used = AsDouble(info.total - info.available);
  out.Gauge("system.memory.usage", "system.memory.state:used", used);
  out.Gauge("system.memory.usage", "system.memory.state:free", AsDouble(info.free));
  out.Gauge("system.memory.usage", "system.memory.state:cached", AsDouble(info.cached));
  out.Gauge("system.memory.usage", "system.memory.state:buffers", AsDouble(info.buffers));
  out.Gauge("system.memory.limit", "", AsDouble(info.total));
  out.Gauge("system.memory.linux.available", "", AsDouble(info.available));
  out.Gauge("system.memory.linux.shared", "", AsDouble(info.shared));
  out.Share("system.memory.utilization", "", used, AsDouble(info.total));
  if (info.swap_total == 0) return;
  const double swap_free = AsDouble(std::min(info.swap_free, info.swap_total));
  const double swap_used = AsDouble(info.swap_total) - swap_free;
  out.Gauge("system.paging.usage", "system.paging.state:used", swap_used);
  out.Gauge("system.paging.usage", "system.paging.state:free", swap_free);
  out.Share("system.paging.utilization", "", swap_used, AsDouble(info.swap_total));
}

void SampleLoad(const LoadAverage& load, SeriesWriter& out) {
  out.Gauge("system.cpu.load_average.1m", "", load[0]);
  out.Gauge("system.cpu.load_average.5m", "", load[1]);
  out.Gauge("system.cpu.load_average.15m", "", load[2]);
}

void SampleFileHandles(const FileHandles& handles, SeriesWriter& out) {
  out.Gauge("system.linux.file_handle.count", "", AsDouble(handles.used));
  // The kernel's default since 5.x is 2^63 - 1: no limit.
  if (handles.limit >= INT64_MAX) return;
  out.Gauge("system.linux.file_handle.limit", "", AsDouble(handles.limit));
  out.Share("system.linux.file_handle.utilization", "", AsDouble(handles.used), AsDouble(handles.limit));
}

}  // namespace

int SystemSampler::Sample(const HostTick& tick, absl::Time now, HostFiles& files, SeriesWriter& out) {
  int malformed = 0;
  malformed +=
      With(files, absl::StrCat(proc_, "/stat"), ParseCpuStat, [&](const CpuStat& stat) { SampleCpu(stat, now, out); });
  malformed += With(files, absl::StrCat(proc_, "/meminfo"), ParseMemoryInfo,
                    [&](const MemoryInfo& info) { SampleMemory(info, out); });
  SampleConnections(files, out);
  malformed += With(files, absl::StrCat(proc_, "/sys/fs/file-nr"), ParseFileHandles,
                    [&](const FileHandles& handles) { SampleFileHandles(handles, out); });
  if (!tick.in_new_interval) return malformed;
  malformed += With(files, absl::StrCat(proc_, "/loadavg"), ParseLoadAverage,
                    [&](const LoadAverage& load) { SampleLoad(load, out); });
  malformed += With(files, absl::StrCat(proc_, "/vmstat"), ParsePagingStat,
                    [&](const PagingStat& stat) { SamplePaging(stat, out); });
  return malformed + SamplePressure(tick.interval_elapsed, files, out);
}

// The kernel brings these totals up to date every 2 s only (kernel/sched/psi.c), so shorter spans would show steps.
int SystemSampler::SamplePressure(double elapsed, HostFiles& files, SeriesWriter& out) {
  int malformed = 0;
  const auto sample = [&](absl::string_view file, absl::string_view name, PressureRises& rises) {
    malformed += With(files, absl::StrCat(proc_, "/pressure/", file), ParsePressure, [&](const Pressure& pressure) {
      out.Share(name, "system.pressure.type:some", RiseOf(rises.some, pressure.some_us, kMicrosecond), elapsed);
      if (!pressure.full_us.has_value() || file == "cpu") return;  // never all of a machine waits for its CPUs
      out.Share(name, "system.pressure.type:full", RiseOf(rises.full, *pressure.full_us, kMicrosecond), elapsed);
    });
  };
  sample("cpu", "system.cpu.pressure", cpu_pressure_);
  sample("memory", "system.memory.pressure", memory_pressure_);
  sample("io", "system.io.pressure", io_pressure_);
  return malformed;
}

void SystemSampler::SampleCpu(const CpuStat& stat, absl::Time now, SeriesWriter& out) {
  static const double kTick = 1.0 / static_cast<double>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  double all = 0;
  double idle = 0;
  bool idle_is_known = false;
  for (const auto& [mode, tag] : kModeTags) {
    // iowait, and on some kernels idle, step back a little now and then.
    const std::optional<double> risen = RiseOf(cpu_[mode], stat.ticks[mode], kTick);
    out.Counter("system.cpu.time", tag, risen);
    all += risen.value_or(0);
    if (mode == CpuStat::kIdle || mode == CpuStat::kIowait) idle += risen.value_or(0);
    if (mode == CpuStat::kIdle) idle_is_known = risen.has_value();
  }
  if (idle_is_known) out.Share("system.cpu.utilization", "", all - idle, all);
  out.Gauge("system.cpu.logical.count", "", AsDouble(stat.cpus));
  out.Counter("system.process.created", "", processes_created_, stat.processes_created);
  out.Gauge("system.process.count", "process.state:running", AsDouble(stat.processes_running));
  out.Gauge("system.process.count", "process.state:blocked", AsDouble(stat.processes_blocked));
  if (stat.boot_unix_seconds == 0) return;
  const double uptime = absl::ToDoubleSeconds(now - absl::UnixEpoch()) - AsDouble(stat.boot_unix_seconds);
  if (uptime >= 0) out.Gauge("system.uptime", "", uptime);
}

void SystemSampler::SamplePaging(const PagingStat& stat, SeriesWriter& out) {
  const uint64_t minor = stat.faults - std::min(stat.faults, stat.major_faults);
  out.Counter("system.paging.faults", "system.paging.fault.type:minor", minor_faults_, minor);
  out.Counter("system.paging.faults", "system.paging.fault.type:major", major_faults_, stat.major_faults);
  out.Counter("system.paging.operations", "system.paging.direction:in", swapped_in_, stat.swapped_in);
  out.Counter("system.paging.operations", "system.paging.direction:out", swapped_out_, stat.swapped_out);
  out.Counter("system.memory.linux.oom_kills", "", oom_kills_, stat.oom_kills);
}

void SystemSampler::SampleConnections(HostFiles& files, SeriesWriter& out) {
  const auto read = [&](absl::string_view name) {
    const auto text = files.Read(absl::StrCat(proc_, "/sys/net/netfilter/nf_conntrack_", name));
    return text.has_value() ? ParseOnlyCount(*text) : std::nullopt;
  };
  const std::optional<uint64_t> count = read("count");
  const std::optional<uint64_t> limit = read("max");
  if (!count.has_value() || !limit.has_value()) return;
  out.Gauge("system.network.conntrack.count", "", AsDouble(*count));
  out.Gauge("system.network.conntrack.max", "", AsDouble(*limit));
  out.Share("system.network.conntrack.utilization", "", AsDouble(*count), AsDouble(*limit));
}

}  // namespace tributary
