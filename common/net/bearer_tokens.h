#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/net/watched_files.h"

namespace tributary {

// The tokens of a file, one per line, that "Authorization: Bearer ..." may carry; read again when the file changes.
// Empty lines and what follows a '#' at the start of a line count for nothing. Only their SHA-256 is kept, and how long
// a comparison takes tells nothing about them.
//
// Bounds:  a token has 16 to 512 bytes, a file at most 1,024 of them and 1 MiB.
// Errors:  a file that cannot be used leaves the last good one in force and is tried again.
// Threads: thread-safe, but for Refresh, which one thread calls.
class BearerTokens {
 public:
  static constexpr size_t kMinBytes = 16;
  static constexpr size_t kMaxBytes = 512;
  static constexpr size_t kMaxTokens = 1024;

  static absl::StatusOr<std::unique_ptr<BearerTokens>> Open(const std::string& file);

  // Whether the value of an Authorization header carries one of them.
  bool Admits(absl::string_view authorization) const;

  // Reads the file when it has changed: whether it has, or what is wrong with it.
  absl::StatusOr<bool> Refresh();

 private:
  using Digest = std::array<unsigned char, 32>;

  explicit BearerTokens(const std::string& file) : file_(file), watched_({file}) {}
  absl::Status Load();

  const std::string file_;
  WatchedFiles watched_;
  mutable Mutex mutex_;
  std::vector<Digest> digests_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
