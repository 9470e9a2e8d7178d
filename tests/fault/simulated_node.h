#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "absl/time/time.h"
#include "tests/fault/simulated_world.h"

namespace tributary {

// A process: what it is to do while it is frozen waits for it; what it was to do when it was killed is forgotten.
// Thread-compatible.
class SimulatedNode {
 public:
  using Work = std::function<void()>;

  explicit SimulatedNode(SimulatedWorld& world) : world_(world), running_since_(world.now()) {}
  virtual ~SimulatedNode() = default;

  bool alive() const { return alive_; }
  bool responsive() const { return alive_ && !frozen_; }
  // Changes with each start.
  uint64_t life() const { return life_; }
  // When it last began to run, or to run again after more than an interval.
  absl::Time running_since() const { return running_since_; }

  // Something arrives that is meant for this life.
  void Do(uint64_t life, const Work& work) { DoOrKeep(life, work, inbox_); }
  // A timer.
  void DoAfter(absl::Duration delay, Work work);

 protected:
  void Pause();
  void Resume();
  void Die();
  void Live();

  SimulatedWorld& world_;

 private:
  void DoOrKeep(uint64_t life, const Work& work, std::deque<Work>& kept);

  bool alive_ = true;
  bool frozen_ = false;
  uint64_t life_ = 0;
  absl::Time frozen_at_;
  absl::Time running_since_;
  // While it is frozen. Which of the two comes first afterwards is up to the scheduler.
  std::deque<Work> inbox_;
  std::deque<Work> timers_;
};

}  // namespace tributary
