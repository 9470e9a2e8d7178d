#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// One file of a spool: appended to, read anywhere. A handle: copies share the file. Thread-compatible; Sync on a copy
// may run beside the others.
class SegmentFile {
 public:
  SegmentFile() = default;
  static absl::StatusOr<SegmentFile> Open(const std::string& path);

  // All or nothing: what was written in part is cut off again.
  bool Append(absl::string_view bytes);
  // Shorter where the file ends or fails.
  std::string Read(uint64_t offset, uint64_t size) const;
  bool Sync() const;
  void Delete();

  uint64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  std::shared_ptr<const int> fd_;
  uint64_t bytes_ = 0;
};

}  // namespace tributary
