#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "local/source/host/device_stats.h"
#include "local/source/host/host_config.h"
#include "local/source/host/host_files.h"
#include "local/source/host/host_tick.h"
#include "local/source/host/series_writer.h"

namespace tributary {

// Disks, file systems and network interfaces.
//
// Bounds:  kMaxDevices of each kind, the first the kernel names; the others are left out and counted in `skipped`.
// Threads: thread-compatible.
class DeviceSampler {
 public:
  static constexpr size_t kMaxDevices = 128;

  explicit DeviceSampler(const HostConfig& config) : config_(config) {}

  struct Result {
    int malformed = 0;  // files that were there and made no sense
    size_t skipped = 0;
  };
  Result Sample(const HostTick& tick, HostFiles& files, SeriesWriter& out);

 private:
  struct DiskDirection {
    std::string tags;
    Rise operations;
    Rise merged;
    Rise sectors;
    Rise ms;
  };
  struct Disk {
    bool is_whole = true;  // or a partition, which is in the whole already
    std::string tag;
    DiskDirection read;
    DiskDirection write;
    Rise busy_ms;
    bool seen = false;
  };
  struct InterfaceDirection {
    std::string tags;
    Rise bytes;
    Rise packets;
    Rise errors;
    Rise dropped;
  };
  struct Interface {
    std::string tag;
    double bytes_per_second = 0;  // 0: not known
    InterfaceDirection receive;
    InterfaceDirection transmit;
    bool seen = false;
  };

  void SampleDisks(const HostTick& tick, HostFiles& files, SeriesWriter& out, Result& result);
  void SampleInterfaces(const HostTick& tick, HostFiles& files, SeriesWriter& out, Result& result);
  void SampleFilesystems(HostFiles& files, SeriesWriter& out, Result& result);
  Disk NewDisk(absl::string_view name) const;
  static Interface NewInterface(absl::string_view name);
  double SpeedOf(absl::string_view interface, HostFiles& files) const;

  const HostConfig config_;
  absl::flat_hash_map<std::string, Disk> disks_;
  absl::flat_hash_map<std::string, Interface> interfaces_;
};

}  // namespace tributary
