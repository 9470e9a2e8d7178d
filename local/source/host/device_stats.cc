#include "local/source/host/device_stats.h"

#include <optional>

#include "local/source/host/kernel_text.h"

namespace tributary {
namespace {

// Whether each of `fields` was there.
template <class... Fields>
bool ReadCounts(absl::string_view& line, Fields&... fields) {
  const auto read = [&line](uint64_t& field) {
    const std::optional<uint64_t> count = NextCount(line);
    field = count.value_or(0);
    return count.has_value();
  };
  return (read(fields) && ...);
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// "\040" is a blank.
std::string Unescape(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) && IsOctal(text[i + 3]);
    if (!escaped) {
      plain.push_back(text[i]);
      continue;
    }
    plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
    i += 3;
  }
  return plain;
}

}  // namespace

//  254       0 vda 2475244 276889 119740962 2334141 1812167 683196 298013088 1656735 0 673604 4215524 ...
std::vector<DiskStat> ParseDiskStats(absl::string_view text) {
  std::vector<DiskStat> disks;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    DiskStat disk;
    uint64_t major = 0;
    uint64_t minor = 0;
    uint64_t in_flight = 0;
    if (!ReadCounts(line, major, minor)) continue;
    disk.name = NextField(line);
    if (ReadCounts(line, disk.read.operations, disk.read.merged, disk.read.sectors, disk.read.ms, disk.write.operations,
                   disk.write.merged, disk.write.sectors, disk.write.ms, in_flight, disk.busy_ms)) {
      disks.push_back(disk);
    }
  }
  return disks;
}

//   eth0: 1129402756   36477    0    0    0     0          0         0  2741520   28797    0    0    0     0 ...
std::vector<NetworkStat> ParseNetworkStats(absl::string_view text) {
  std::vector<NetworkStat> interfaces;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    const size_t colon = line.rfind(':');  // an alias has one in its name; older kernels no blank after it
    if (colon == absl::string_view::npos) continue;
    NetworkStat interface;
    absl::string_view name = line.substr(0, colon);
    interface.name = NextField(name);
    line.remove_prefix(colon + 1);
    uint64_t fifo = 0;
    uint64_t frame = 0;
    uint64_t compressed = 0;
    uint64_t multicast = 0;
    NetworkStat::Direction& in = interface.receive;
    NetworkStat::Direction& out = interface.transmit;
    if (ReadCounts(line, in.bytes, in.packets, in.errors, in.dropped, fifo, frame, compressed, multicast, out.bytes,
                   out.packets, out.errors, out.dropped) &&
        !interface.name.empty()) {
      interfaces.push_back(interface);
    }
  }
  return interfaces;
}

// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
std::vector<Mount> ParseMounts(absl::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    absl::string_view line = NextLine(text);
    Mount mount;
    NextField(line);
    NextField(line);
    mount.device = NextField(line);
    mount.root = Unescape(NextField(line));
    mount.point = Unescape(NextField(line));
    absl::string_view optional = NextField(line);
    while (!optional.empty() && optional != "-") optional = NextField(line);
    mount.type = NextField(line);
    mount.source = Unescape(NextField(line));
    if (!mount.source.empty()) mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace tributary
