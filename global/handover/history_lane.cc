#include "global/handover/history_lane.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);
constexpr absl::Duration kMinBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(2);
constexpr absl::Duration kPoll = absl::Milliseconds(200);

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsCancelled(status);
}

}  // namespace

HistoryLane::HistoryLane(Member member, std::unique_ptr<HistoryPeer> peer, absl::Time until, OnReply on_reply,
                         Check check)
    : member_(std::move(member)),
      peer_(std::move(peer)),
      until_(until),
      on_reply_(std::move(on_reply)),
      check_(std::move(check)) {}

HistoryLane::~HistoryLane() {
  {
    MutexLock lock(mutex_);
    status_.Update(absl::CancelledError("the hand-over has ended"));
  }
  Stop();
}

void HistoryLane::Stop() {
  {
    MutexLock lock(mutex_);
    is_over_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status HistoryLane::status() const {
  MutexLock lock(mutex_);
  return status_;
}

template <class Call>
absl::StatusOr<v1::HandoverReply> HistoryLane::Persist(Call call) {
  absl::Duration backoff = kMinBackoff;
  while (true) {
    TRIBUTARY_RETURN_IF_ERROR(status());
    const absl::Duration left = until_ - absl::Now();
    absl::StatusOr<v1::HandoverReply> reply = call(std::clamp(left, absl::Milliseconds(1), kCallTimeout));
    if (reply.ok()) {
      on_reply_(*reply);
      return reply;
    }
    if (!IsTransient(reply.status())) return reply.status();
    TRIBUTARY_RETURN_IF_ERROR(check_());
    if (absl::Now() + backoff >= until_) {
      return absl::DeadlineExceededError(absl::StrCat("no time is left; last: ", reply.status().message()));
    }
    MutexLock lock(mutex_);
    if (status_.ok()) changed_.WaitFor(mutex_, backoff);
    backoff = std::min(2 * backoff, kMaxBackoff);
  }
}

absl::StatusOr<v1::HandoverReply> HistoryLane::Begin(const v1::HandoverBegin& begin) {
  absl::StatusOr<v1::HandoverReply> reply =
      Persist([&](absl::Duration timeout) { return peer_->Begin(begin, timeout); });
  handover_ = begin.handover();
  if (reply.ok()) thread_ = std::thread([this] { Run(); });
  return reply;
}

absl::Status HistoryLane::Finish(const v1::HandoverFinish& finish) {
  Stop();
  return Persist([&](absl::Duration timeout) { return peer_->Finish(finish, timeout); }).status();
}

absl::Status HistoryLane::Put(v1::HandoverChunk chunk) {
  MutexLock lock(mutex_);
  while (status_.ok() && waiting_) changed_.WaitFor(mutex_, kPoll);
  if (!status_.ok()) return status_;
  waiting_ = std::move(chunk);
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status HistoryLane::Drain() {
  MutexLock lock(mutex_);
  while (status_.ok() && (waiting_ || is_sending_)) changed_.WaitFor(mutex_, kPoll);
  return status_;
}

void HistoryLane::Run() {
  while (true) {
    v1::HandoverChunk chunk;
    {
      MutexLock lock(mutex_);
      const absl::Time idle_until = absl::Now() + kIdle;
      while (!is_over_ && status_.ok() && !waiting_ && absl::Now() < idle_until) changed_.WaitFor(mutex_, kPoll);
      if (is_over_ || !status_.ok()) return;
      chunk = std::exchange(waiting_, std::nullopt).value_or(v1::HandoverChunk());
      chunk.set_handover(handover_);
      is_sending_ = true;
      changed_.NotifyAll();
    }
    const absl::StatusOr<v1::HandoverReply> reply =
        Persist([&](absl::Duration timeout) { return peer_->Take(chunk, timeout); });
    MutexLock lock(mutex_);
    is_sending_ = false;
    if (!reply.ok() && status_.ok()) status_ = reply.status();
    changed_.NotifyAll();
  }
}

}  // namespace tributary
