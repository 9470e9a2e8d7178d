#pragma once

#include <sys/types.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tributary {

// What a process has used, as the kernel tells.
struct ProcessUsage {
  double user_seconds = 0;
  double system_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;

  double cpu_seconds() const { return user_seconds + system_seconds; }
};

// From /proc/PID/stat and status. NotFound: no such process.
absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid);

// The peak begins anew at what is resident now. Needs to be the process's user.
absl::Status ResetPeakResident(pid_t pid);

// Of the calling thread, user and system.
double ThreadCpuSeconds();

}  // namespace tributary
