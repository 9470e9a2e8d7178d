#include "tests/fault/simulated_link.h"

#include <algorithm>
#include <utility>

namespace tributary {

SimulatedLink::SimulatedLink(SimulatedWorld& world, End client, End server)
    : world_(world), id_(world.NextLinkId()), client_(std::move(client)), server_(std::move(server)) {}

void SimulatedLink::Break() {
  if (std::exchange(broken_, true)) return;
  for (End* end : {&client_, &server_}) {
    world_.After(world_.Between(0, 0.02),
                 [self = shared_from_this(), end] { end->node->Do(end->life, end->on_close); });
  }
}

bool SimulatedLink::Send(End& to, size_t bytes, const std::function<void()>& arrive) {
  if (broken_ || to.queued_bytes + bytes > kMaxQueuedBytes) return false;
  to.queued_bytes += bytes;
  to.last_arrival = std::max(to.last_arrival, world_.now() + world_.Between(0.0001, 0.01));
  world_.At(to.last_arrival, [self = shared_from_this(), &to, bytes, arrive] {
    to.node->Do(to.life, [self, &to, bytes, arrive] {
      to.queued_bytes -= bytes;
      if (!self->broken_) arrive();
    });
  });
  return true;
}

}  // namespace tributary
