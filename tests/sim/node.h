#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// A process on a machine of its own, with a clock of its own. What it is to do while it is frozen waits for it; what
// it was to do when it was killed is forgotten. Thread-compatible.
class Node {
 public:
  using Work = absl::AnyInvocable<void()>;

  // `number` is its place in the network.
  Node(World& world, int number, std::string name) : world_(world), number_(number), name_(std::move(name)) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  int number() const { return number_; }
  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  bool frozen() const { return frozen_; }
  absl::Time frozen_since() const { return frozen_since_; }
  bool responsive() const { return alive_ && !frozen_; }
  // Changes with each start.
  uint64_t life() const { return life_; }

  // What its clock says.
  absl::Time clock() const { return world_.now() + offset_ + drift_ * (world_.now() - drifting_since_); }
  // Its clock is set, and runs faster or slower by `drift` from now on.
  void SetClock(absl::Duration offset, double drift);

  // Something arrives that is meant for this life.
  void Do(uint64_t life, Work work) { DoOrKeep(life, std::move(work), inbox_); }
  // A timer.
  void DoAfter(absl::Duration delay, Work work);

  void Freeze();
  void Thaw();

 protected:
  void Die();
  void Live();

  World& world_;

 private:
  void DoOrKeep(uint64_t life, Work work, std::deque<Work>& kept);

  const int number_;
  const std::string name_;
  bool alive_ = true;
  bool frozen_ = false;
  absl::Time frozen_since_ = absl::InfinitePast();
  uint64_t life_ = 0;
  absl::Duration offset_;
  double drift_ = 0;
  absl::Time drifting_since_ = absl::UnixEpoch();
  // While it is frozen. Which of the two comes first afterwards is up to the scheduler.
  std::deque<Work> inbox_;
  std::deque<Work> timers_;
};

}  // namespace tributary::sim
