#include "local/spool/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tributary {

absl::StatusOr<SegmentFile> SegmentFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  SegmentFile file;
  file.path_ = path;
  file.fd_ = std::shared_ptr<const int>(new int(fd), [](const int* open_fd) {
    close(*open_fd);
    delete open_fd;
  });
  struct stat state {};
  if (fstat(fd, &state) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot stat ", path));
  file.bytes_ = static_cast<uint64_t>(state.st_size);
  return file;
}

bool SegmentFile::Append(absl::string_view bytes) {
  for (uint64_t done = 0; done < bytes.size();) {
    const ssize_t written = pwrite(*fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(bytes_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      // What it leaves is skipped as damage if even that fails.
      [[maybe_unused]] const int cut = ftruncate(*fd_, static_cast<off_t>(bytes_));
      return false;
    }
    done += static_cast<uint64_t>(written);
  }
  bytes_ += bytes.size();
  return true;
}

std::string SegmentFile::Read(uint64_t offset, uint64_t size) const {
  std::string bytes(size, '\0');
  uint64_t done = 0;
  while (done < size) {
    const ssize_t got = pread(*fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<uint64_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

bool SegmentFile::Sync() const { return fdatasync(*fd_) == 0; }

void SegmentFile::Delete() { unlink(path_.c_str()); }

}  // namespace tributary
