#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/discovery/member_source.h"
#include "common/net/event_loop.h"

namespace tributary {

// A list in a file, read again when the file changes and at Reload. A file that cannot be read or used is logged and
// counted, and the list stays as it was.
class FileSource : public MemberSource {
 public:
  using Load = std::function<absl::StatusOr<std::vector<Member>>()>;

  // `load` reads `file`, by one thread at a time. The file's time is looked at each `poll`.
  FileSource(std::string file, Load load, absl::Duration poll, Telemetry& telemetry, OnMembers on_members);
  void Reload() override;

 private:
  void Poll();

  const std::string file_;
  const Load load_;
  const OnMembers on_members_;
  DiscoveryMetrics metrics_;
  Mutex mutex_;
  int64_t seen_change_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_{"members"};  // last: it ends before what it uses
};

}  // namespace tributary
