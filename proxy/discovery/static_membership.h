#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/net/event_loop.h"
#include "proxy/discovery/membership.h"

namespace tributary {

// The list in the configuration file, read again when the file changes and at Reload. A file that cannot be read or
// used is logged, and the list stays as it was.
class StaticMembership : public Membership {
 public:
  using Load = std::function<absl::StatusOr<std::vector<Member>>()>;

  // `load` reads `file`. The file's time is looked at each `poll`.
  StaticMembership(std::string file, Load load, absl::Duration poll, OnMembers on_members);
  void Reload() override;

 private:
  void Poll();

  const std::string file_;
  const Load load_;
  const OnMembers on_members_;
  Mutex mutex_;
  int64_t seen_change_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_{"membership"};  // last: it ends before what it uses
};

}  // namespace tributary
