#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/net/http_message.h"

namespace tributary {

// Where the process spends its CPU time, asked for by POST /debug/profile?seconds=10: samples of every thread's stack,
// 100 in each second of CPU time, in the format that `pprof` and `google-pprof` read. Costs nothing until asked.
//
// Bounds:  one at a time, others are told 409; 1 to 60 seconds. The samples are kept in memory, never on disk.
// Threads: thread-safe; Collect waits on its caller's thread.
class Profiler {
 public:
  static constexpr absl::Duration kLongest = absl::Seconds(60);

  HttpResponse Post(const HttpRequest& request);
  // AlreadyExists while another runs.
  absl::StatusOr<std::string> Collect(absl::Duration duration);
  // Cuts short the one that runs, and refuses others.
  void Stop();

 private:
  void WaitUntilOver(absl::Duration duration) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar stop_requested_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tributary
