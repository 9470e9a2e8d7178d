#include "local/source/host/device_sampler.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

constexpr double kMillisecond = 1e-3;
constexpr double kSectorBytes = 512;
constexpr double kBytesPerMegabit = 1e6 / 8;

// The state of `name`, made if there is room. Null: there is none.
template <class Device, class Make>
Device* FindOrMake(absl::flat_hash_map<std::string, Device>& devices, absl::string_view name, const Make& make) {
  auto found = devices.find(name);
  if (found == devices.end()) {
    if (devices.size() >= DeviceSampler::kMaxDevices) return nullptr;
    found = devices.emplace(std::string(name), make()).first;
  }
  found->second.seen = true;
  return &found->second;
}

// A device that comes back begins anew.
template <class Device>
void ForgetUnseen(absl::flat_hash_map<std::string, Device>& devices) {
  absl::erase_if(devices, [](auto& item) { return !std::exchange(item.second.seen, false); });
}

void WriteDirection(const DiskStat::Direction& stat, auto& last, SeriesWriter& out) {
  const std::optional<double> operations = RiseOf(last.operations, stat.operations);
  const std::optional<double> seconds = RiseOf(last.ms, stat.ms, kMillisecond);
  out.Counter("system.disk.io", last.tags, last.sectors, stat.sectors, kSectorBytes);
  out.Counter("system.disk.operations", last.tags, operations);
  out.Counter("system.disk.merged", last.tags, last.merged, stat.merged);
  out.Counter("system.disk.operation_time", last.tags, seconds);
  if (operations.value_or(0) == 0 || !seconds.has_value()) return;
  out.Distribution("system.disk.latency", last.tags, *seconds / *operations, *operations);
}

void WriteDirection(const NetworkStat::Direction& stat, double limit, double elapsed, auto& last, SeriesWriter& out) {
  const std::optional<double> bytes = RiseOf(last.bytes, stat.bytes);
  out.Counter("system.network.io", last.tags, bytes);
  out.Counter("system.network.packet.count", last.tags, last.packets, stat.packets);
  out.Counter("system.network.errors", last.tags, last.errors, stat.errors);
  out.Counter("system.network.packet.dropped", last.tags, last.dropped, stat.dropped);
  if (limit > 0) out.Share("system.network.bandwidth.utilization", last.tags, bytes, limit * elapsed);
}

void WriteSpace(const struct statvfs& space, const std::string& tags, SeriesWriter& out) {
  const double block = static_cast<double>(space.f_frsize);
  const double total = static_cast<double>(space.f_blocks) * block;
  const double free = static_cast<double>(std::min(space.f_bfree, space.f_blocks)) * block;
  const double available = std::min(free, static_cast<double>(space.f_bavail) * block);
  const auto state = [&](absl::string_view name) { return absl::StrCat(tags, ",system.filesystem.state:", name); };
  out.Gauge("system.filesystem.usage", state("used"), total - free);
  out.Gauge("system.filesystem.usage", state("free"), available);
  out.Gauge("system.filesystem.usage", state("reserved"), free - available);
  out.Gauge("system.filesystem.limit", tags, total);
  // As df has it: what is reserved for root is not there for others.
  out.Share("system.filesystem.utilization", tags, total - free, total - free + available);
  if (space.f_files == 0) return;  // it makes inodes as it needs them
  const double inodes = static_cast<double>(space.f_files);
  const double free_inodes = static_cast<double>(std::min(space.f_ffree, space.f_files));
  out.Gauge("system.filesystem.inodes.usage", state("used"), inodes - free_inodes);
  out.Gauge("system.filesystem.inodes.usage", state("free"), free_inodes);
  out.Share("system.filesystem.inodes.utilization", tags, inodes - free_inodes, inodes);
}

// The shortest of the points where the same file system is mounted.
std::vector<Mount> OnePerDevice(std::vector<Mount> mounts) {
  std::map<std::string, Mount> by_device;
  for (Mount& mount : mounts) {
    // A pool of zfs is one file system for each of its sources, numbers are not told apart by root alone.
    const auto [found, is_new] = by_device.try_emplace(std::string(mount.device), mount);
    if (!is_new && mount.point.size() < found->second.point.size()) found->second = std::move(mount);
  }
  std::vector<Mount> chosen;
  for (auto& [device, mount] : by_device) chosen.push_back(std::move(mount));
  return chosen;
}

}  // namespace

DeviceSampler::Result DeviceSampler::Sample(const HostTick& tick, HostFiles& files, SeriesWriter& out) {
  Result result;
  SampleDisks(tick, files, out, result);
  SampleInterfaces(tick, files, out, result);
  if (tick.in_new_interval) SampleFilesystems(files, out, result);
  return result;
}

void DeviceSampler::SampleDisks(const HostTick& tick, HostFiles& files, SeriesWriter& out, Result& result) {
  const auto text = files.Read(absl::StrCat(config_.proc, "/diskstats"));
  if (!text.has_value()) return;
  const std::vector<DiskStat> stats = ParseDiskStats(*text);
  if (stats.empty() && !text->empty()) ++result.malformed;
  for (const DiskStat& stat : stats) {
    if (!config_.disks.Takes(stat.name)) continue;
    Disk* const disk = FindOrMake(disks_, stat.name, [&] { return NewDisk(stat.name); });
    if (disk == nullptr) {
      ++result.skipped;
      continue;
    }
    if (!disk->is_whole) continue;
    WriteDirection(stat.read, disk->read, out);
    WriteDirection(stat.write, disk->write, out);
    const std::optional<double> busy = RiseOf(disk->busy_ms, stat.busy_ms, kMillisecond);
    out.Counter("system.disk.io_time", disk->tag, busy);
    out.Share("system.disk.utilization", disk->tag, busy, tick.elapsed);
  }
  ForgetUnseen(disks_);
}

DeviceSampler::Disk DeviceSampler::NewDisk(absl::string_view name) const {
  const std::string blocks = absl::StrCat(config_.sys, "/block/");
  const std::string tag = TagOf("system.device", name);
  Disk disk;
  disk.is_whole = PathExists(absl::StrCat(blocks, absl::StrReplaceAll(name, {{"/", "!"}}))) || !PathExists(blocks);
  disk.tag = tag;
  disk.read.tags = absl::StrCat(tag, ",disk.io.direction:read");
  disk.write.tags = absl::StrCat(tag, ",disk.io.direction:write");
  return disk;
}

void DeviceSampler::SampleInterfaces(const HostTick& tick, HostFiles& files, SeriesWriter& out, Result& result) {
  // The first process's are the machine's when /proc is; this process's may be a container's.
  auto text = files.Read(absl::StrCat(config_.proc, "/1/net/dev"));
  if (!text.has_value()) text = files.Read(absl::StrCat(config_.proc, "/net/dev"));
  if (!text.has_value()) return;
  const std::vector<NetworkStat> stats = ParseNetworkStats(*text);
  if (stats.empty() && !text->empty()) ++result.malformed;
  for (const NetworkStat& stat : stats) {
    if (!config_.interfaces.Takes(stat.name)) continue;
    Interface* const interface = FindOrMake(interfaces_, stat.name, [&] { return NewInterface(stat.name); });
    if (interface == nullptr) {
      ++result.skipped;
      continue;
    }
    WriteDirection(stat.receive, interface->bytes_per_second, tick.elapsed, interface->receive, out);
    WriteDirection(stat.transmit, interface->bytes_per_second, tick.elapsed, interface->transmit, out);
  }
  ForgetUnseen(interfaces_);
  if (!tick.in_new_interval) return;
  for (auto& [name, interface] : interfaces_) {
    interface.bytes_per_second = SpeedOf(name, files);
    if (interface.bytes_per_second > 0) {
      out.Gauge("system.network.bandwidth.limit", interface.tag, interface.bytes_per_second);
    }
  }
}

DeviceSampler::Interface DeviceSampler::NewInterface(absl::string_view name) {
  const std::string tag = TagOf("network.interface.name", name);
  Interface interface;
  interface.tag = tag;
  interface.receive.tags = absl::StrCat(tag, ",network.io.direction:receive");
  interface.transmit.tags = absl::StrCat(tag, ",network.io.direction:transmit");
  return interface;
}

// Virtual interfaces have none, or say -1; those without a link may say 2^32 - 1.
double DeviceSampler::SpeedOf(absl::string_view interface, HostFiles& files) const {
  const auto text = files.Read(absl::StrCat(config_.sys, "/class/net/", interface, "/speed"));
  const std::optional<uint64_t> megabits = text.has_value() ? ParseOnlyCount(*text) : std::nullopt;
  if (!megabits.has_value() || *megabits >= UINT32_MAX) return 0;
  return static_cast<double>(*megabits) * kBytesPerMegabit;
}

void DeviceSampler::SampleFilesystems(HostFiles& files, SeriesWriter& out, Result& result) {
  auto text = files.Read(absl::StrCat(config_.proc, "/1/mountinfo"));
  if (!text.has_value()) text = files.Read(absl::StrCat(config_.proc, "/self/mountinfo"));
  if (!text.has_value()) return;
  std::vector<Mount> mounts = ParseMounts(*text);
  if (mounts.empty() && !text->empty()) ++result.malformed;
  std::erase_if(mounts, [this](const Mount& mount) {
    return !config_.filesystem_types.Takes(mount.type) || !config_.mountpoints.Takes(mount.point);
  });
  mounts = OnePerDevice(std::move(mounts));
  for (size_t i = 0; i < mounts.size(); ++i) {
    const Mount& mount = mounts[i];
    if (i >= kMaxDevices) {
      result.skipped += mounts.size() - i;
      break;
    }
    const std::string path = config_.root == "/" ? mount.point : absl::StrCat(config_.root, mount.point);
    const auto space = SpaceAt(path, mount.device, mount.type);
    if (!space.has_value()) continue;
    const absl::string_view source = mount.source;
    const absl::string_view device = absl::StartsWith(source, "/dev/") ? source.substr(5) : source;
    WriteSpace(*space,
               absl::StrCat(TagOf("system.device", device), ",", TagOf("system.filesystem.mountpoint", mount.point),
                            ",", TagOf("system.filesystem.type", mount.type)),
               out);
  }
}

}  // namespace tributary
