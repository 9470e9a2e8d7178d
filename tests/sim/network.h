#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "tests/sim/node.h"
#include "tests/sim/world.h"

namespace tributary::sim {

class Network;

// A stream between two processes: reliable and in order both ways while it is open, with random delays and bounded
// bytes. It ends for each side by itself, so that one may have opened the next while the other still reads this one.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Work = absl::AnyInvocable<void()>;
  enum Side { kClient, kServer };

  Link(Network& network, Node& client, Node& server);

  uint64_t id() const { return id_; }
  // How the sides hear of the end.
  void OnClose(Side side, Work on_close) { ends_[side].on_close = std::move(on_close); }
  bool IsOpen(Side side) const { return ends_[side].open; }
  bool HasRoom(Side from) const;
  // `arrive` runs at the other side. False when there is no room, or no stream any more.
  bool Send(Side from, size_t bytes, Work arrive);
  // This side is done with it: its process has ended, or has closed it. The other side hears of it if it can.
  void Close(Side side);
  // Both sides hear of it.
  void Break();
  // There is a newer stream between the two.
  void Supersede() { superseded_ = true; }

 private:
  struct Message {
    absl::Time arrival;
    size_t bytes;
    Work arrive;
  };
  struct End {  // of what flows towards it
    Node* node;
    uint64_t life;
    Work on_close = nullptr;
    bool open = true;
    bool delivering = false;
    size_t queued_bytes = 0;
    std::deque<Message> messages = {};
    absl::Time stalled_since = absl::InfiniteFuture();
    absl::Time noted_freeze = absl::InfinitePast();
  };
  bool Passes(Side to) const;
  void Deliver(Side to);
  void NoteStall(Side to);
  void NoteFreeze(Side frozen);
  void Hear(Side side);  // of the end
  static Side Other(Side side) { return side == kClient ? kServer : kClient; }

  Network& network_;
  World& world_;
  const uint64_t id_;
  End ends_[2];
  bool superseded_ = false;
};

// Who reaches whom. Packets that do not pass are sent again until they do, or until the stream's keepalive has ended
// it.
class Network {
 public:
  Network(World& world, int nodes) : world_(world), nodes_(nodes), cuts_(static_cast<size_t>(nodes) * nodes) {}

  World& world() { return world_; }
  uint64_t NextLinkId() { return ++last_link_; }
  bool Passes(const Node& from, const Node& to) const { return cuts_[At(from.number(), to.number())] == 0; }
  // What has arrived and waits for a frozen process, included.
  size_t max_queued_bytes() const { return max_queued_bytes_; }
  void LimitQueues(size_t bytes) { max_queued_bytes_ = bytes; }

  // Bit n of `side` says on which side node n is. Packets do not pass from side 1 to side 0, nor, unless
  // `one_way`, back.
  void Cut(uint32_t side, bool one_way) { Change(side, one_way, 1); }
  void Mend(uint32_t side, bool one_way) { Change(side, one_way, -1); }

 private:
  size_t At(int from, int to) const { return static_cast<size_t>(from * nodes_ + to); }
  void Change(uint32_t side, bool one_way, int by);

  World& world_;
  const int nodes_;
  std::vector<int> cuts_;
  size_t max_queued_bytes_ = 1 << 20;
  uint64_t last_link_ = 0;
};

}  // namespace tributary::sim
