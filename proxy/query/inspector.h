#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/hash/view.h"
#include "tributary/v1/status.pb.h"

namespace tributary {

// What one global says of itself. When it did not answer, `status` says why.
struct GlobalState {
  Member global;
  absl::Status status;
  v1::InspectResponse state;
};

// Asks all globals at once how they are. Thread-safe.
class Inspector {
 public:
  virtual ~Inspector() = default;
  // One state per global, in the order of `globals`. Returns soon after `timeout` at the latest; who has not answered
  // by then is DeadlineExceeded.
  virtual std::vector<GlobalState> Inspect(const std::vector<Member>& globals, const v1::InspectRequest& request,
                                           absl::Duration timeout) = 0;
};

}  // namespace tributary
