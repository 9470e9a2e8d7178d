#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/view.h"
#include "proxy/route/view_maker.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// One agent's stream, as long as it lasts. Never used again.
using SessionId = uint64_t;

// The ways out of a router. Each is asked at once, because "full" is part of the answer to an agent.
class RouterPorts {
 public:
  virtual ~RouterPorts() = default;
  // False: the owner's queue is at its bound.
  virtual bool SendUp(const std::string& owner, v1::Up message) = 0;
  // False: the agent's queue is at its bound.
  virtual bool SendDown(SessionId session, v1::Down message) = 0;
  // Ends the session after what is queued; the router has forgotten it.
  virtual void Close(SessionId session) = 0;
};

// The proxy's side of the delivery protocol (docs/architecture.md, docs/wire.md): it splits what agents send by owner
// and relays what owners answer. It keeps no data and acknowledges nothing by itself, so that its death loses nothing;
// an owner's full queue is told to the agent, so that it delays nobody else. No threads, sockets, clocks or hash order.
//
// Bounds:  one small entry per session and owner; sessions are bounded by whoever opens them, owners by their views.
// Threads: thread-compatible.
class Router {
 public:
  struct Options {
    std::string cluster;
    InstanceId instance;  // the proxy's own
    uint64_t incarnation = 0;
    absl::Duration interval = absl::Seconds(10);
    uint64_t owner_queue_bytes = 8u << 20;               // shared by the agents as credit
    absl::Duration confirm_removal = absl::Minutes(10);  // ViewMaker's guard
  };
  // Since the start, per owner.
  struct OwnerCounts {
    uint64_t blocks_routed = 0;
    uint64_t samples_routed = 0;
    uint64_t blocks_unavailable = 0;
    uint64_t blocks_busy = 0;
    uint64_t blocks_committed = 0;  // as relayed
  };
  struct Counts {
    uint64_t agents = 0;          // now
    uint64_t agents_refused = 0;  // and the following: since the start
    uint64_t blocks_invalid = 0;
    uint64_t blocks_unowned = 0;    // while no view is known
    uint64_t answers_dropped = 0;   // the agent is slow, or gone
    uint64_t upstream_invalid = 0;  // messages of owners that are not well-formed
  };

  Router(Options options, RouterPorts& ports)
      : options_(std::move(options)),
        ports_(ports),
        maker_({IntervalScale(options_.interval), options_.confirm_removal}) {}

  // An agent's stream; messages may be anything.
  void SessionOpened(SessionId session);
  void SessionMessage(absl::Time now, SessionId session, v1::Up message);
  void SessionClosed(SessionId session);

  // An owner's stream; messages may be anything.
  void UpstreamOpened(const std::string& owner);
  void UpstreamMessage(absl::Time now, const std::string& owner, v1::Down message);
  void UpstreamClosed(const std::string& owner);

  // Whom the membership names; a view follows when that is a change. `others` are reached, but in no new view.
  void SetMembers(absl::Time now, std::vector<Member> members, std::vector<Member> others = {});
  void SetConfirmRemoval(absl::Duration confirm) { maker_.SetConfirm(confirm); }
  // Often: makes views that are due, repeats what a full queue did not take.
  void Tick(absl::Time now);

  // Whom to be connected to at `now`: the members, and the owners of views whose intervals may still be under way.
  std::vector<Member> OwnersAt(IntervalIndex now) const;
  // The newest view's, or those that are to become the first view.
  const std::vector<Member>& members() const;
  const ViewMaker& maker() const { return maker_; }

  const ViewHistory& views() const { return views_; }
  const Counts& counts() const { return counts_; }
  const std::map<std::string, OwnerCounts>& owner_counts() const { return owner_counts_; }

  static constexpr int kUnderwayIntervals = 90;  // an owner that leaves has ended by then

 private:
  struct Session {
    InstanceId instance;  // empty before Hello
    v1::Up hello;
  };
  struct Upstream {
    bool views_unheard = false;    // a view found the queue full
    std::set<InstanceId> unheard;  // their Hello found the queue full; nothing of them is sent before it
  };
  // The answer to one batch, by (interval, status).
  using Answers = std::map<std::pair<IntervalIndex, v1::BlockStatus>, v1::Received::Blocks>;

  void Learn(absl::Time now, const std::string& owner, const v1::Down& message);
  void MakeView(absl::Time now);
  bool AddView(View view);
  void HandleHello(absl::Time now, SessionId id, Session& session, v1::Up message);
  std::optional<std::string> Mismatch(const v1::Hello& hello) const;
  void HandleBatch(SessionId id, const Session& session, v1::Batch batch);
  void SendBlocks(const Session& session, const std::string& owner, v1::Batch batch, Answers& answers);
  void SendToAll(const Session& session, const v1::Up& message);
  void SendViews(const std::string& owner, Upstream& upstream);
  bool SendHello(const std::string& owner, Upstream& upstream, const Session& session);
  void Refuse(SessionId id, const InstanceId& instance, const std::string& reason);
  void Drop(SessionId id);
  void Forget(SessionId id);
  const std::string* OwnerOf(PartitionId partition, IntervalIndex interval) const;
  uint64_t CreditBytes() const;
  v1::Down FromProxy(const InstanceId& instance) const;
  v1::Up ToOwner() const;

  const Options options_;
  RouterPorts& ports_;
  ViewMaker maker_;
  std::vector<Member> others_;
  ViewHistory views_;
  std::set<std::string> newest_members_;
  std::map<SessionId, Session> sessions_;
  std::map<InstanceId, SessionId> by_instance_;
  std::map<std::string, Upstream> upstreams_;  // the open ones
  Counts counts_;
  std::map<std::string, OwnerCounts> owner_counts_;  // of every owner there was
};

}  // namespace tributary
