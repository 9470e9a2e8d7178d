#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/hash/view.h"
#include "tributary/v1/notes.pb.h"

namespace tributary {

// What one global keeps. When it did not answer, `status` says why.
struct NotesAnswer {
  Member global;
  absl::Status status;
  v1::NotesResponse response;
};

// Gives notes to all globals at once, and hears theirs. Thread-safe.
class NoteKeeper {
 public:
  virtual ~NoteKeeper() = default;
  // One answer per global, in the order of `globals`. Returns soon after `timeout` at the latest; who has not answered
  // by then is DeadlineExceeded.
  virtual std::vector<NotesAnswer> ExchangeNotes(const std::vector<Member>& globals, const v1::NotesRequest& request,
                                                 absl::Duration timeout) = 0;
};

}  // namespace tributary
