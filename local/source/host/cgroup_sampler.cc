#include "local/source/host/cgroup_sampler.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "local/source/host/cgroup_stats.h"
#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

constexpr double kMicrosecond = 1e-6;

std::string OwnFolder(HostFiles& files) {
  const auto mounts = files.Read("/proc/self/mountinfo");
  if (!mounts.has_value()) return "";
  const std::string text(*mounts);
  const auto groups = files.Read("/proc/self/cgroup");
  return groups.has_value() ? FindContainerFolder(*groups, ParseMounts(text)).value_or("") : "";
}

std::optional<uint64_t> ReadCount(const std::string& path, HostFiles& files) {
  const auto text = files.Read(path);
  return text.has_value() ? ParseOnlyCount(*text) : std::nullopt;
}

}  // namespace

CgroupSampler::CgroupSampler(const std::string& folder, HostFiles& files)
    : folder_(folder.empty() ? OwnFolder(files) : folder) {
  // The root of the hierarchy is the machine, not a container: it has neither.
  if (!PathExists(folder_ + "/cpu.max") && !PathExists(folder_ + "/memory.current")) folder_.clear();
}

int CgroupSampler::Sample(const HostTick& tick, HostFiles& files, SeriesWriter& out) {
  if (folder_.empty()) return 0;
  const int malformed = SampleCpu(tick, files, out) + SampleMemory(tick, files, out);
  return tick.in_new_interval ? malformed + SamplePressure(tick.interval_elapsed, files, out) : malformed;
}

int CgroupSampler::SampleCpu(const HostTick& tick, HostFiles& files, SeriesWriter& out) {
  std::optional<double> limit;
  if (const auto text = files.Read(folder_ + "/cpu.max")) limit = ParseCpuMax(*text);
  if (limit.has_value()) out.Gauge("container.cpu.limit", "", *limit);
  const auto text = files.Read(folder_ + "/cpu.stat");
  if (!text.has_value()) return 0;
  const std::optional<CgroupCpuStat> stat = ParseCgroupCpuStat(*text);
  if (!stat.has_value()) return 1;
  const std::optional<double> used = RiseOf(usage_, stat->usage_us, kMicrosecond);
  out.Counter("container.cpu.time", "cpu.mode:user", user_, stat->user_us, kMicrosecond);
  out.Counter("container.cpu.time", "cpu.mode:system", system_, stat->system_us, kMicrosecond);
  if (used.has_value() && tick.elapsed > 0) out.Distribution("container.cpu.usage", "", *used / tick.elapsed);
  if (!limit.has_value()) return 0;
  out.Share("container.cpu.utilization", "", used, *limit * tick.elapsed);
  const std::optional<double> periods = RiseOf(periods_, stat->periods);
  const std::optional<double> throttled = RiseOf(throttled_periods_, stat->throttled_periods);
  out.Counter("container.cpu.throttling.periods", "", periods);
  out.Counter("container.cpu.throttling.throttled_periods", "", throttled);
  out.Counter("container.cpu.throttling.time", "", throttled_time_, stat->throttled_us, kMicrosecond);
  return 0;
}

int CgroupSampler::SampleMemory(const HostTick& tick, HostFiles& files, SeriesWriter& out) {
  const std::optional<uint64_t> usage = ReadCount(folder_ + "/memory.current", files);
  if (!usage.has_value()) return PathExists(folder_ + "/memory.current") ? 1 : 0;
  const std::optional<uint64_t> limit = ReadCount(folder_ + "/memory.max", files);
  uint64_t reclaimable = 0;
  if (const auto text = files.Read(folder_ + "/memory.stat")) reclaimable = ParseInactiveFile(*text).value_or(0);
  const double working_set = static_cast<double>(*usage - std::min(*usage, reclaimable));
  out.Gauge("container.memory.usage", "", static_cast<double>(*usage));
  out.Gauge("container.memory.working_set", "", working_set);
  if (limit.has_value()) {
    out.Gauge("container.memory.limit", "", static_cast<double>(*limit));
    out.Share("container.memory.utilization", "", working_set, static_cast<double>(*limit));
  }
  if (tick.in_new_interval) SampleEvents(files, out);
  return 0;
}

void CgroupSampler::SampleEvents(HostFiles& files, SeriesWriter& out) {
  const auto text = files.Read(folder_ + "/memory.events");
  if (!text.has_value()) return;
  const CgroupMemoryEvents events = ParseCgroupMemoryEvents(*text);
  out.Counter("container.memory.events", "container.memory.event:high", high_, events.high);
  out.Counter("container.memory.events", "container.memory.event:max", max_, events.max);
  out.Counter("container.memory.events", "container.memory.event:oom", oom_, events.oom);
  out.Counter("container.memory.events", "container.memory.event:oom_kill", oom_kill_, events.oom_kill);
}

int CgroupSampler::SamplePressure(double elapsed, HostFiles& files, SeriesWriter& out) {
  int malformed = 0;
  const auto sample = [&](absl::string_view resource, PressureRises& rises) {
    const auto text = files.Read(absl::StrCat(folder_, "/", resource, ".pressure"));
    if (!text.has_value()) return;
    const std::optional<Pressure> pressure = ParsePressure(*text);
    malformed += pressure.has_value() ? 0 : 1;
    if (!pressure.has_value()) return;
    const std::string name = absl::StrCat("container.", resource, ".pressure");
    const std::optional<double> some = RiseOf(rises.some, pressure->some_us, kMicrosecond);
    out.Share(name, "system.pressure.type:some", some, elapsed);
    if (!pressure->full_us.has_value()) return;
    const std::optional<double> full = RiseOf(rises.full, *pressure->full_us, kMicrosecond);
    out.Share(name, "system.pressure.type:full", full, elapsed);
  };
  sample("cpu", cpu_pressure_);
  sample("memory", memory_pressure_);
  sample("io", io_pressure_);
  return malformed;
}

}  // namespace tributary
