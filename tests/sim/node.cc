#include "tests/sim/node.h"

#include <utility>

namespace tributary::sim {

void Node::SetClock(absl::Duration offset, double drift) {
  offset_ = offset;
  drift_ = drift;
  drifting_since_ = world_.now();
}

void Node::DoAfter(absl::Duration delay, Work work) {
  world_.After(delay,
               [this, life = life_, work = std::move(work)]() mutable { DoOrKeep(life, std::move(work), timers_); });
}

void Node::Freeze() {
  if (!responsive()) return;
  world_.Trace("%s is frozen", name_);
  frozen_ = true;
  frozen_since_ = world_.now();
}

void Node::Thaw() {
  if (!std::exchange(frozen_, false)) return;
  world_.Trace("%s runs again", name_);
  std::deque<Work> first = std::exchange(inbox_, {});
  std::deque<Work> second = std::exchange(timers_, {});
  if (world_.Chance(0.5)) std::swap(first, second);
  const uint64_t life = life_;
  for (Work& work : first) Do(life, std::move(work));
  for (Work& work : second) Do(life, std::move(work));
}

void Node::Die() {
  alive_ = false;
  frozen_ = false;
  inbox_.clear();
  timers_.clear();
}

void Node::Live() {
  alive_ = true;
  ++life_;
}

void Node::DoOrKeep(uint64_t life, Work work, std::deque<Work>& kept) {
  if (!alive_ || life != life_) return;
  if (frozen_) return kept.push_back(std::move(work));
  work();
}

}  // namespace tributary::sim
