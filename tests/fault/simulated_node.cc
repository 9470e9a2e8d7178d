#include "tests/fault/simulated_node.h"

#include <utility>

namespace tributary {

void SimulatedNode::DoAfter(absl::Duration delay, Work work) {
  world_.After(delay, [this, life = life_, work = std::move(work)] { DoOrKeep(life, work, timers_); });
}

void SimulatedNode::Pause() {
  frozen_ = true;
  frozen_at_ = world_.now();
}

void SimulatedNode::Resume() {
  if (!std::exchange(frozen_, false)) return;
  if (world_.now() - frozen_at_ > world_.scale().length()) running_since_ = world_.now();
  std::deque<Work> first = std::exchange(inbox_, {});
  std::deque<Work> second = std::exchange(timers_, {});
  if (world_.Chance() < 0.5) std::swap(first, second);
  const uint64_t life = life_;
  for (const Work& work : first) Do(life, work);
  for (const Work& work : second) Do(life, work);
}

void SimulatedNode::Die() {
  alive_ = false;
  frozen_ = false;
  inbox_.clear();
  timers_.clear();
}

void SimulatedNode::Live() {
  alive_ = true;
  running_since_ = world_.now();
  ++life_;
}

void SimulatedNode::DoOrKeep(uint64_t life, const Work& work, std::deque<Work>& kept) {
  if (!alive_ || life != life_) return;
  if (frozen_) return kept.push_back(work);
  work();
}

}  // namespace tributary
