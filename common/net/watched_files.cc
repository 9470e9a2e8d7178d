#include "common/net/watched_files.h"

#include <sys/stat.h>

#include <utility>

namespace tributary {

std::vector<WatchedFiles::Stamp> WatchedFiles::Look() const {
  std::vector<Stamp> stamps;
  for (const std::string& path : paths_) {
    struct stat file {};
    const bool found = ::stat(path.c_str(), &file) == 0;
    stamps.push_back(found ? Stamp{static_cast<int64_t>(file.st_dev), static_cast<int64_t>(file.st_ino), file.st_size,
                                   file.st_mtim.tv_sec, file.st_mtim.tv_nsec}
                           : Stamp{});
  }
  return stamps;
}

bool WatchedFiles::TakeChange() {
  std::vector<Stamp> now = Look();
  return std::exchange(seen_, now) != now;
}

}  // namespace tributary
