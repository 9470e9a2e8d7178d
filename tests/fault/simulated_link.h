#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "tests/fault/simulated_node.h"

namespace tributary {

// A stream: in order both ways, with random delays and bounded bytes, until it breaks; then both ends hear of it.
class SimulatedLink : public std::enable_shared_from_this<SimulatedLink> {
 public:
  static constexpr size_t kMaxQueuedBytes = 1 << 20;  // each way

  struct End {
    SimulatedNode* node = nullptr;
    uint64_t life = 0;  // of the node: what comes later is for nobody
    std::function<void()> on_close;
    size_t queued_bytes = 0;  // towards this end
    absl::Time last_arrival = absl::InfinitePast();
  };
  SimulatedLink(SimulatedWorld& world, End client, End server);

  uint64_t id() const { return id_; }
  // False when there is no room, or no link any more.
  bool SendUp(size_t bytes, const std::function<void()>& arrive) { return Send(server_, bytes, arrive); }
  bool SendDown(size_t bytes, const std::function<void()>& arrive) { return Send(client_, bytes, arrive); }
  void Break();

 private:
  bool Send(End& to, size_t bytes, const std::function<void()>& arrive);

  SimulatedWorld& world_;
  const uint64_t id_;
  End client_;
  End server_;
  bool broken_ = false;
};

}  // namespace tributary
