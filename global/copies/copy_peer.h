#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/hash/view.h"
#include "tributary/v1/copy.pb.h"

namespace tributary {

// CopyService of one other global, as the one whose store is copied calls it: each call waits for its answer, `timeout`
// at most. Used by one thread at a time.
class CopyPeer {
 public:
  virtual ~CopyPeer() = default;
  virtual absl::StatusOr<v1::CopyReply> Begin(const v1::CopyBegin& begin, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::CopyReply> Apply(const v1::CopyChunk& chunk, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::CopyReply> Announce(const v1::CopyBegin& begin, absl::Duration timeout) = 0;
  virtual absl::StatusOr<v1::CopyReply> Drop(const v1::CopyDrop& drop, absl::Duration timeout) = 0;
};

using MakeCopyPeer = std::function<std::unique_ptr<CopyPeer>(const Member&)>;

}  // namespace tributary
