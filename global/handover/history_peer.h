#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/hash/view.h"
#include "tributary/v1/history.pb.h"

namespace tributary {

// HistoryService of one other global, as the one who leaves calls it: each call waits for its answer, `timeout` at
// most. Used by one thread at a time.
class HistoryPeer {
 public:
  virtual ~HistoryPeer() = default;
  virtual absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::HandoverReply> Take(const v1::HandoverChunk& chunk, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::HandoverReply> Finish(const v1::HandoverFinish& finish, absl::Duration timeout) = 0;
};

using MakeHistoryPeer = std::function<std::unique_ptr<HistoryPeer>(const Member&)>;

}  // namespace tributary
