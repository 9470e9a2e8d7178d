#include "local/spool/disk_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {

namespace {

constexpr absl::string_view kExtension = ".segment";

std::optional<uint64_t> SequenceOf(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  uint64_t sequence = 0;
  const bool ours = path.extension() == std::string(kExtension) && stem.size() == 16 &&
                    absl::SimpleHexAtoi(stem, &sequence) && sequence < UINT64_MAX;
  return ours ? std::optional(sequence) : std::nullopt;
}

class DiskFile : public SegmentFile {
 public:
  DiskFile(std::string path, int fd, uint64_t bytes) : path_(std::move(path)), fd_(fd), bytes_(bytes) {}
  ~DiskFile() override { close(fd_); }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  bool Append(absl::string_view bytes) override;
  std::string Read(uint64_t offset, uint64_t size) const override;
  bool Sync() const override { return fdatasync(fd_) == 0; }
  void Delete() override { unlink(path_.c_str()); }
  uint64_t bytes() const override { return bytes_; }

 private:
  const std::string path_;
  const int fd_;
  uint64_t bytes_;
};

bool DiskFile::Append(absl::string_view bytes) {
  for (uint64_t done = 0; done < bytes.size();) {
    const ssize_t written = pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(bytes_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      // What it leaves is skipped as damage if even that fails.
      [[maybe_unused]] const int cut = ftruncate(fd_, static_cast<off_t>(bytes_));
      return false;
    }
    done += static_cast<uint64_t>(written);
  }
  bytes_ += bytes.size();
  return true;
}

std::string DiskFile::Read(uint64_t offset, uint64_t size) const {
  std::string bytes(size, '\0');
  uint64_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<uint64_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentFolder>> DiskFolder::Open(std::string path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot create ", path, ": ", error.message()));
  if (chmod(path.c_str(), 0700) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot close ", path, " to others"));
  }
  const std::string lock = path + "/lock";
  const int lock_fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", lock));
  std::unique_ptr<SegmentFolder> folder(new DiskFolder(std::move(path), lock_fd));
  if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(lock, " is locked: another agent uses this spool"));
  }
  return folder;
}

DiskFolder::~DiskFolder() { close(lock_fd_); }

absl::StatusOr<std::vector<uint64_t>> DiskFolder::List() {
  std::error_code error;
  std::vector<uint64_t> sequences;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    if (const auto sequence = SequenceOf(entry.path())) sequences.push_back(*sequence);
  }
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot list ", path_, ": ", error.message()));
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

absl::StatusOr<std::shared_ptr<SegmentFile>> DiskFolder::Open(uint64_t sequence) {
  const std::string path = absl::StrFormat("%s/%016x%s", path_, sequence, kExtension);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  struct stat state {};
  if (fstat(fd, &state) != 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("cannot stat ", path));
    close(fd);
    return status;
  }
  return std::make_shared<DiskFile>(path, fd, static_cast<uint64_t>(state.st_size));
}

}  // namespace tributary
