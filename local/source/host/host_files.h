#pragma once

#include <sys/statvfs.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Reads the small files of /proc and /sys, again and again. Thread-compatible.
//
// Bounds:  kMaxBytes of a file; what is beyond, from its last whole line on, is as if it were not there.
// Errors:  what cannot be opened or read is nothing, since kernels, containers and devices that come and go differ in
//          what they have. Nothing blocks but the kernel itself: a pipe in the way reads as empty.
class HostFiles {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;

  // Valid until the next call.
  std::optional<absl::string_view> Read(const std::string& path);

 private:
  std::string buffer_;  // grows to the largest file seen
};

bool PathExists(const std::string& path);

// Of the file system mounted at `path`, if that is still the one with the device number `device` ("8:1"): another may
// hide it from this process. File systems whose numbers differ from file to file (btrfs, zfs) are taken as they come.
std::optional<struct statvfs> SpaceAt(const std::string& path, absl::string_view device, absl::string_view type);

}  // namespace tributary
