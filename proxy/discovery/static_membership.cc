#include "proxy/discovery/static_membership.h"

#include <sys/stat.h>

#include <utility>

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

StaticMembership::StaticMembership(std::string file, Load load, absl::Duration poll, OnMembers on_members)
    : file_(std::move(file)),
      load_(std::move(load)),
      on_members_(std::move(on_members)),
      seen_change_(ChangeOf(file_)) {
  Reload();
  loop_.RunEvery(poll, [this] { Poll(); });
}

void StaticMembership::Reload() {
  absl::StatusOr<std::vector<Member>> members = load_();
  if (!members.ok()) {
    TRIBUTARY_LOG_ERROR("membership stays as it is: {}", std::string(members.status().message()));
    return;
  }
  on_members_(*std::move(members));
}

void StaticMembership::Poll() {
  {
    MutexLock lock(mutex_);
    const int64_t change = ChangeOf(file_);
    if (change == 0 || change == seen_change_) return;
    seen_change_ = change;
  }
  Reload();
}

}  // namespace tributary
