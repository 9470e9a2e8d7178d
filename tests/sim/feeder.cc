#include "tests/sim/feeder.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace tributary::sim {

void Feeder::Start() {
  kill_ = nullptr;
  Feed();
}

void Feeder::Feed() {
  const uint64_t next = std::max<uint64_t>(disk_.cursors[std::string(storage_.name())], 1);
  const auto entry = std::find_if(disk_.outbox.begin(), disk_.outbox.end(),
                                  [&](const Disk::Entry& each) { return each.sequence >= next; });
  if (entry == disk_.outbox.end()) return global_.DoAfter(world_.Between(0.1, 0.3), [this] { Feed(); });
  auto sent = std::make_shared<const Disk::Entry>(*entry);
  world_.After(world_.Between(0.001, 0.05), [this, sent, life = global_.life()] {
    const Storage::Outcome outcome = storage_.Write(*sent);
    if (outcome == Storage::Outcome::kTaken && kill_ && life == global_.life()) {
      world_.Hit(Mark::kKilledBetweenSinkAndConfirmation);
      return std::exchange(kill_, nullptr)();
    }
    const bool taken = outcome == Storage::Outcome::kTaken || feeds_once_;
    global_.Do(life, [this, taken, sequence = sent->sequence] {
      global_.DoAfter(world_.Between(0.001, taken ? 0.05 : 0.5), [this, taken, sequence] {
        if (taken) disk_.cursors[std::string(storage_.name())] = sequence + 1;
        Feed();
      });
    });
  });
}

}  // namespace tributary::sim
