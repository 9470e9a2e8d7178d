#include "common/discovery/file_source.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace tributary {

namespace {

// When the file was last changed; 0 when it cannot be looked at. A replaced file counts as changed by its inode.
int64_t ChangeOf(const std::string& file) {
  struct stat status;
  if (stat(file.c_str(), &status) != 0) return 0;
  const int64_t nanos = status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
  return nanos ^ static_cast<int64_t>(status.st_ino << 1) ^ 1;
}

}  // namespace

FileSource::FileSource(std::string file, Load load, absl::Duration poll, Telemetry& telemetry, OnMembers on_members)
    : file_(std::move(file)),
      load_(std::move(load)),
      on_members_(std::move(on_members)),
      metrics_(telemetry, "file"),
      seen_change_(ChangeOf(file_)) {
  Reload();
  loop_.RunEvery(poll, [this] { Poll(); });
}

void FileSource::Reload() {
  MutexLock lock(mutex_);
  absl::StatusOr<std::vector<Member>> members = load_();
  if (members.ok() && members->empty()) members = absl::InvalidArgumentError(absl::StrCat(file_, " names nobody"));
  if (!members.ok()) {
    metrics_.failures.Increment();
    TRIBUTARY_LOG_ERROR("members stay as they are: {}", std::string(members.status().message()));
    return;
  }
  metrics_.members.Set(static_cast<double>(members->size()));
  on_members_({.members = *std::move(members)});
}

void FileSource::Poll() {
  {
    MutexLock lock(mutex_);
    const int64_t change = ChangeOf(file_);
    if (change == 0 || change == seen_change_) return;
    seen_change_ = change;
  }
  Reload();
}

}  // namespace tributary
