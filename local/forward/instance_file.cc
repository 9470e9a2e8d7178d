#include "local/forward/instance_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tributary {

namespace {

constexpr size_t kHexDigits = 2 * InstanceId::kBytes;

InstanceId ReadInstance(int fd) {
  char text[kHexDigits];
  if (pread(fd, text, sizeof text, 0) != static_cast<ssize_t>(sizeof text)) return InstanceId();
  const absl::string_view hex(text, sizeof text);
  if (!std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) return InstanceId();
  return InstanceId::FromBytes(absl::HexStringToBytes(hex)).value_or(InstanceId());
}

bool WriteInstance(int fd, const InstanceId& instance) {
  const std::string text = instance.ToString() + "\n";
  return pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ftruncate(fd, static_cast<off_t>(text.size())) == 0 && fsync(fd) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InstanceFile>> InstanceFile::Claim(const std::string& folder, const InstanceId& own) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot create ", folder, ": ", error.message()));
  const std::string path = folder + "/instance";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  std::unique_ptr<InstanceFile> file(new InstanceFile(fd, ReadInstance(fd)));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is locked: another agent uses ", folder));
  }
  if (!WriteInstance(fd, own)) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  return file;
}

InstanceFile::~InstanceFile() { close(fd_); }

}  // namespace tributary
