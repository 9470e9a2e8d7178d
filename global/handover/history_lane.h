#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "global/handover/history_peer.h"
#include "global/store/handover_log.h"

namespace tributary {

// The way to one new owner: what is given to it is sent in order, again and again until it is on the owner's disk or
// there is no more time. One chunk is under way while the next is filled and another waits: that is all that is in
// memory, and how a slow owner slows the reading down.
//
// Idle:    a chunk without rows every two seconds, so that the owner knows that there is more to come, and tells news.
// Errors:  what trying again would not change ends the lane: NotFound (the owner has forgotten the hand-over: it is to
//          begin anew), what `check` says, and what else is not transient.
// Threads: thread-compatible; a thread of its own calls the peer, `on_reply` and `check`.
class HistoryLane {
 public:
  static constexpr size_t kMaxChunkBytes = 256 << 10;  // of rows; about: a row more
  static constexpr int kMaxChunkRows = 2000;
  static constexpr absl::Duration kIdle = absl::Seconds(2);

  // The answer to a call that succeeded.
  using OnReply = std::function<void(const v1::HandoverReply&)>;
  // Whether there is any point in trying again; its error ends the lane.
  using Check = std::function<absl::Status()>;
  HistoryLane(Member member, std::unique_ptr<HistoryPeer> peer, absl::Time until, OnReply on_reply, Check check);
  ~HistoryLane();  // waits for the call that is under way

  const Member& member() const { return member_; }
  // These wait, each for the one before it.
  absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin);
  absl::Status Finish(const v1::HandoverFinish& finish);
  absl::Status Put(v1::HandoverChunk chunk);
  // Until all that was put is on the owner's disk.
  absl::Status Drain();

 private:
  template <class Call>
  absl::StatusOr<v1::HandoverReply> Persist(Call call);
  void Run();
  void Stop();
  absl::Status status() const;

  const Member member_;
  const std::unique_ptr<HistoryPeer> peer_;
  const absl::Time until_;
  const OnReply on_reply_;
  const Check check_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<v1::HandoverChunk> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_sending_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  HandoverId handover_ = 0;
  std::thread thread_;  // from Begin on
};

}  // namespace tributary
