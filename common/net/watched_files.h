#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tributary {

// Tells whether files have been replaced or written to, by what the file system says of them: cheap enough to be asked
// every second. Thread-compatible.
class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths) : paths_(std::move(paths)), seen_(Look()) {}

  // Whether one has changed since the last call, or since the beginning; a file that is gone has.
  bool TakeChange();
  // They could not be used: the next TakeChange says that they have changed.
  void TryAgain() { seen_.clear(); }

 private:
  using Stamp = std::array<int64_t, 5>;  // device, inode, size, and when it was written
  std::vector<Stamp> Look() const;

  const std::vector<std::string> paths_;
  std::vector<Stamp> seen_;
};

}  // namespace tributary
