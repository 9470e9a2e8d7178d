#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/instance_id.h"

namespace tributary {

// `instance` in the agent's data folder: names the instance that used the folder last, so that its successor can tell
// the cluster at once that it is dead. A lock on the file, held for the object's life, makes sure that it is.
class InstanceFile {
 public:
  // Reads who was there before and writes `own` in its place. Creates the folder. The error names the path.
  static absl::StatusOr<std::unique_ptr<InstanceFile>> Claim(const std::string& folder, const InstanceId& own);
  ~InstanceFile();
  InstanceFile(const InstanceFile&) = delete;
  InstanceFile& operator=(const InstanceFile&) = delete;

  // Empty when there was none, or nothing readable.
  const InstanceId& predecessor() const { return predecessor_; }

 private:
  InstanceFile(int fd, const InstanceId& predecessor) : fd_(fd), predecessor_(predecessor) {}

  const int fd_;
  const InstanceId predecessor_;
};

}  // namespace tributary
