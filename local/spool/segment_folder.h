#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// One file of a spool: appended to, read anywhere. Thread-compatible; Sync may run beside the others.
class SegmentFile {
 public:
  virtual ~SegmentFile() = default;
  // All or nothing: what was written in part is cut off again.
  virtual bool Append(absl::string_view bytes) = 0;
  // Shorter where the file ends or fails.
  virtual std::string Read(uint64_t offset, uint64_t size) const = 0;
  virtual bool Sync() const = 0;
  virtual void Delete() = 0;
  virtual uint64_t bytes() const = 0;
};

// Where a spool has its segments, by number: a folder on disk, or the simulator's idea of one. Who ends without
// warning loses nothing that was appended; when power is lost, what was not synced may be gone or torn.
// Thread-compatible.
class SegmentFolder {
 public:
  virtual ~SegmentFolder() = default;
  virtual absl::StatusOr<std::vector<uint64_t>> List() = 0;
  // What is there, or a new one.
  virtual absl::StatusOr<std::shared_ptr<SegmentFile>> Open(uint64_t sequence) = 0;
};

}  // namespace tributary
