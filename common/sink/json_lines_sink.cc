#include "common/sink/json_lines_sink.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/sink/json_row.h"

namespace tributary {
namespace {

// Longer than any row or event: 64 tags of 512 bytes, told twice, each byte escaped as six; 64 KiB of text likewise.
constexpr int64_t kMaxLineBytes = 1 << 20;

absl::Status Errno(absl::string_view what) { return absl::ErrnoToStatus(errno, what); }

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// New names in a folder are on disk only when the folder is.
absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Errno(absl::StrCat("open ", folder));
  const bool synced = fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Errno(absl::StrCat("fsync ", folder));
  close(fd);
  return status;
}

// Cuts off what follows the last line end, and returns the size that is left. A text that cannot be the beginning of a
// row is somebody else's file, and is left alone.
absl::StatusOr<uint64_t> CutTornLine(int fd) {
  struct stat file;
  if (fstat(fd, &file) != 0) return Errno("stat");
  const int64_t begin = std::max<int64_t>(0, file.st_size - kMaxLineBytes);
  std::string tail(static_cast<size_t>(file.st_size - begin), '\0');
  if (pread(fd, tail.data(), tail.size(), begin) != static_cast<ssize_t>(tail.size())) return Errno("read");
  if (tail.empty() || tail.back() == '\n') return static_cast<uint64_t>(file.st_size);

  const size_t line_end = tail.rfind('\n');
  const size_t torn = line_end == std::string::npos ? 0 : line_end + 1;
  if (tail[torn] != '{' || (begin > 0 && torn == 0)) return absl::FailedPreconditionError("not a file of JSON lines");
  const int64_t size = begin + static_cast<int64_t>(torn);
  if (ftruncate(fd, size) != 0) return Errno("truncate");
  return static_cast<uint64_t>(size);
}

}  // namespace

JsonLinesSink::JsonLinesSink(Options options, IntervalScale scale) : options_(std::move(options)), scale_(scale) {}

JsonLinesSink::~JsonLinesSink() { Close(); }

SinkResult JsonLinesSink::Write(absl::Span<const Row> rows) {
  std::string lines;
  for (const Row& row : rows) absl::StrAppend(&lines, JsonRow(row, scale_, options_.statistics), "\n");
  SinkResult result;
  result.status = Annotate(Append(lines), options_.path);
  if (result.status.ok()) result.delivered = rows.size();
  return result;
}

absl::Status JsonLinesSink::WriteEvents(absl::Span<const Event> events) {
  std::string lines;
  for (const Event& event : events) absl::StrAppend(&lines, JsonEvent(event), "\n");
  return Annotate(Append(lines), options_.path);
}

absl::Status JsonLinesSink::Append(absl::string_view lines) {
  TRIBUTARY_RETURN_IF_ERROR(OpenIfMoved());
  if (size_ > 0 && size_ + lines.size() > options_.max_bytes) TRIBUTARY_RETURN_IF_ERROR(Rotate());
  const absl::Status written = WriteAll(lines);
  if (!written.ok()) {
    // What is left of the lines is cut off now, or when the file is opened again.
    if (ftruncate(fd_, static_cast<off_t>(size_)) != 0) Close();
    return written;
  }
  size_ += lines.size();
  return absl::OkStatus();
}

absl::Status JsonLinesSink::WriteAll(absl::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(fd_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Errno("write");
    lines.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd_) == 0 ? absl::OkStatus() : Errno("fsync");
}

absl::Status JsonLinesSink::OpenIfMoved() {
  struct stat ours, named;
  const bool is_there = fd_ >= 0 && fstat(fd_, &ours) == 0 && stat(options_.path.c_str(), &named) == 0 &&
                        ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
  if (is_there) return absl::OkStatus();
  Close();
  return Open();
}

absl::Status JsonLinesSink::Open() {
  fd_ = open(options_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) return Errno("open");
  absl::StatusOr<uint64_t> size = CutTornLine(fd_);
  if (size.ok()) {
    size_ = *size;
    return SyncFolder(FolderOf(options_.path));
  }
  Close();
  return size.status();
}

// path.1 is the newest of the closed files; the oldest of max_files makes room.
absl::Status JsonLinesSink::Rotate() {
  Close();
  const auto name = [this](int i) { return i == 0 ? options_.path : absl::StrCat(options_.path, ".", i); };
  for (int i = options_.max_files - 1; i > 0; --i) {
    if (rename(name(i - 1).c_str(), name(i).c_str()) != 0 && errno != ENOENT) return Errno("rename");
  }
  if (options_.max_files == 1 && unlink(options_.path.c_str()) != 0) return Errno("unlink");
  return Open();
}

void JsonLinesSink::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  size_ = 0;
}

}  // namespace tributary
