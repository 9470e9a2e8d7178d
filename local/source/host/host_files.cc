#include "local/source/host/host_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

constexpr size_t kFirstBytes = 16 << 10;

}  // namespace

std::optional<absl::string_view> HostFiles::Read(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.open()) return {};
  size_t size = 0;
  buffer_.resize(std::max(buffer_.size(), kFirstBytes));
  while (true) {
    const ssize_t got = ::read(file.number(), buffer_.data() + size, buffer_.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    size += static_cast<size_t>(got);
    if (got == 0) return absl::string_view(buffer_.data(), size);
    if (size < buffer_.size()) continue;
    if (size >= kMaxBytes) return absl::string_view(buffer_.data(), buffer_.find_last_of('\n', size - 1) + 1);
    buffer_.resize(std::min(2 * size, kMaxBytes));
  }
}

bool PathExists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::optional<struct statvfs> SpaceAt(const std::string& path, absl::string_view device, absl::string_view type) {
  struct stat entry = {};
  struct statvfs space = {};
  if (::stat(path.c_str(), &entry) != 0) return {};
  const bool numbered = type != "btrfs" && type != "zfs";
  if (numbered && absl::StrCat(major(entry.st_dev), ":", minor(entry.st_dev)) != device) return {};
  if (::statvfs(path.c_str(), &space) != 0 || space.f_blocks == 0) return {};
  return space;
}

}  // namespace tributary
