#include "common/rpc/loop_gate.h"

#include <utility>

namespace tributary {

namespace {

constexpr absl::Duration kFullQueueRetry = absl::Milliseconds(10);

}  // namespace

void LoopGate::Post(std::function<void()> fn) {
  std::function<void()> guarded = Guarded(std::move(fn));
  MutexLock lock(mutex_);
  if (loop_ == nullptr) return;
  if (!loop_->TryPost(guarded)) loop_->RunAfter(kFullQueueRetry, std::move(guarded));
}

void LoopGate::RunAfter(absl::Duration delay, std::function<void()> fn) {
  std::function<void()> guarded = Guarded(std::move(fn));
  MutexLock lock(mutex_);
  if (loop_ != nullptr) loop_->RunAfter(delay, std::move(guarded));
}

void LoopGate::Close() {
  bool inside;
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    inside = loop_->InLoopThread();
    loop_ = nullptr;
  }
  if (!inside) MutexLock wait(running_);
}

std::function<void()> LoopGate::Guarded(std::function<void()> fn) {
  return [gate = shared_from_this(), fn = std::move(fn)] {
    MutexLock lock(gate->running_);
    if (!gate->closed()) fn();
  };
}

bool LoopGate::closed() {
  MutexLock lock(mutex_);
  return loop_ == nullptr;
}

}  // namespace tributary
