#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "local/spool/segment_folder.h"

namespace tributary {

// A folder on disk, locked for one process and closed to other users. Thread-compatible.
class DiskFolder : public SegmentFolder {
 public:
  // Made when it is not there. Errors name the path; one that is in use by another agent is refused.
  static absl::StatusOr<std::unique_ptr<SegmentFolder>> Open(std::string path);
  ~DiskFolder() override;
  DiskFolder(const DiskFolder&) = delete;
  DiskFolder& operator=(const DiskFolder&) = delete;

  absl::StatusOr<std::vector<uint64_t>> List() override;
  absl::StatusOr<std::shared_ptr<SegmentFile>> Open(uint64_t sequence) override;

 private:
  DiskFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  const std::string path_;
  const int lock_fd_;
};

}  // namespace tributary
