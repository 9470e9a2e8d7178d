#include "tests/sim/network.h"

#include <algorithm>
#include <utility>

namespace tributary::sim {

namespace {

constexpr double kRetransmission = 0.05;  // of an interval
constexpr double kKeepalive = 2;          // intervals, at most

}  // namespace

Link::Link(Network& network, Node& client, Node& server)
    : network_(network),
      world_(network.world()),
      id_(network.NextLinkId()),
      ends_{{.node = &client, .life = client.life()}, {.node = &server, .life = server.life()}} {}

bool Link::HasRoom(Side from) const {
  return ends_[from].open && ends_[Other(from)].queued_bytes < network_.max_queued_bytes();
}

bool Link::Send(Side from, size_t bytes, Work arrive) {
  if (!HasRoom(from)) return false;
  End& to = ends_[Other(from)];
  absl::Time arrival = world_.now() + world_.Between(0.0001, 0.01);
  if (!to.messages.empty()) arrival = std::max(arrival, to.messages.back().arrival);
  to.queued_bytes += bytes;
  to.messages.push_back({arrival, bytes, std::move(arrive)});
  if (!std::exchange(to.delivering, true)) {
    world_.At(arrival, [self = shared_from_this(), side = Other(from)] { self->Deliver(side); });
  }
  return true;
}

bool Link::Passes(Side to) const { return network_.Passes(*ends_[Other(to)].node, *ends_[to].node); }

// The next message arrives, if it passes.
void Link::Deliver(Side side) {
  End& to = ends_[side];
  if (!to.open) {
    to.messages.clear();
    return;
  }
  absl::Time next = world_.now() + world_.interval() * kRetransmission;
  if (Passes(side)) {
    to.stalled_since = absl::InfiniteFuture();
    if (to.node->frozen()) NoteFreeze(side);
    auto message = std::make_shared<Message>(std::move(to.messages.front()));
    to.messages.pop_front();
    if (superseded_) world_.Hit(Mark::kOldStreamSpeaks);
    to.node->Do(to.life, [self = shared_from_this(), &to, message] {
      to.queued_bytes -= message->bytes;
      if (to.open) message->arrive();
    });
    if (to.messages.empty()) {
      to.delivering = false;
      return;
    }
    next = to.messages.front().arrival;
  } else {
    NoteStall(side);
  }
  world_.At(next, [self = shared_from_this(), side] { self->Deliver(side); });
}

// A side that hears nothing for long enough gives the stream up: its pings are not answered.
void Link::NoteStall(Side to) {
  if (ends_[to].stalled_since != absl::InfiniteFuture()) return;
  const absl::Time since = ends_[to].stalled_since = world_.now();
  for (const Side side : {kClient, kServer}) {
    world_.After(world_.Between(kKeepalive / 4, kKeepalive), [self = shared_from_this(), to, since, side] {
      if (self->ends_[to].stalled_since == since) self->Close(side);
    });
  }
}

// A frozen process answers no pings either: the other side gives up, and it hears of that when it runs again.
void Link::NoteFreeze(Side frozen) {
  const absl::Time since = ends_[frozen].node->frozen_since();
  if (std::exchange(ends_[frozen].noted_freeze, since) == since) return;
  world_.At(since + world_.Between(kKeepalive / 2, kKeepalive), [self = shared_from_this(), frozen, since] {
    const Node& node = *self->ends_[frozen].node;
    if (node.frozen() && node.frozen_since() == since) self->Close(Other(frozen));
  });
}

void Link::Close(Side side) {
  End& end = ends_[side];
  if (!end.open) return;
  if (end.node->alive() && end.node->life() == end.life) {
    world_.After(absl::ZeroDuration(), [self = shared_from_this(), side] { self->Hear(side); });
  } else {
    end.open = false;
    end.on_close = nullptr;
  }
  const Side other = Other(side);
  const absl::Duration delay = Passes(other) ? world_.Between(0, 0.02) : world_.Between(kKeepalive / 4, kKeepalive);
  world_.After(delay, [self = shared_from_this(), other] { self->Hear(other); });
}

void Link::Break() {
  for (const Side side : {kClient, kServer}) {
    world_.After(world_.Between(0, 0.05), [self = shared_from_this(), side] { self->Hear(side); });
  }
}

void Link::Hear(Side side) {
  End& end = ends_[side];
  // What has arrived before is read before.
  end.node->Do(end.life, [self = shared_from_this(), &end] {
    if (!std::exchange(end.open, false)) return;
    if (end.on_close) std::exchange(end.on_close, nullptr)();
  });
}

void Network::Change(uint32_t side, bool one_way, int by) {
  for (int from = 0; from < nodes_; ++from) {
    for (int to = 0; to < nodes_; ++to) {
      const bool outward = (side >> from & 1) > (side >> to & 1);
      const bool inward = (side >> from & 1) < (side >> to & 1);
      if (outward || (inward && !one_way)) cuts_[At(from, to)] += by;
    }
  }
}

}  // namespace tributary::sim
