#pragma once

#include <functional>

#include "tests/sim/disk.h"
#include "tests/sim/node.h"
#include "tests/sim/storage.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// Carries a global's outbox to one storage, as SinkFeeder does: the oldest entry again and again until it is
// confirmed, then the next. Dies with its global; what is on its way arrives all the same.
class Feeder {
 public:
  Feeder(World& world, Node& global, Disk& disk, Storage& storage)
      : world_(world), global_(global), disk_(disk), storage_(storage) {}

  void Start();
  void FeedOnce() { feeds_once_ = true; }
  // Ends the global between the storage and its confirmation, the next time.
  void KillAtConfirmation(std::function<void()> kill) { kill_ = std::move(kill); }

 private:
  void Feed();

  World& world_;
  Node& global_;
  Disk& disk_;
  Storage& storage_;
  std::function<void()> kill_;
  bool feeds_once_ = false;
};

}  // namespace tributary::sim
