#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "common/net/event_loop.h"
#include "common/rpc/delivery_server.h"
#include "common/telemetry/telemetry.h"
#include "common/wire/payload.h"
#include "global/merge/window_book.h"
#include "global/receive/agent_board.h"
#include "global/receive/audit_board.h"
#include "global/receive/committer.h"
#include "global/receive/departure.h"
#include "global/receive/receiver_metrics.h"
#include "tributary/v1/delivery.pb.h"
#include "tributary/v1/status.pb.h"

namespace tributary {

// The window book among its peers: decodes what sessions bring, gives it to the book, and carries its plans to the
// committer and its answers to the session that last spoke for an instance.
//
// Bounds:  sessions and queues are the server's; instances by session are the roster's. What cannot be sent is counted
//          and forgotten: agents ask again.
// Threads: owned by `loop`, but for the accessors that say otherwise.
class Receiver {
 public:
  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    WindowBookOptions book;
    bool sinks_take_events = true;  // otherwise they are dropped
  };
  // All outlive the receiver, but `loop` has stopped when it ends.
  Receiver(EventLoop& loop, const Clock& clock, Options options, WindowBookState state, Committer& committer,
           Telemetry& telemetry);

  DeliveryServer::Callbacks callbacks();
  // Instead of the option's, for a start that still waits. Any thread.
  void SetExpectedAgents(int agents);
  // Ticks from now on.
  void Start();
  struct Left {
    bool is_over = false;      // a view without this node is in force, or none will come, and its windows are committed
    bool was_removed = false;  // Departure::was_removed
  };
  // For shutdown, from another thread: tells the proxies that this node leaves, and waits up to `grace` until a view
  // without it is in force and its own windows are committed.
  Left Leave(absl::Duration grace);
  // As the proxies told them, oldest first. Any thread.
  std::vector<View> KnownViews() const;
  // A cold start's wait is over. Any thread.
  absl::Status Ready() const;
  // What is known of windows, books and agents; as of the last tick at the latest. Any thread.
  void Describe(const v1::InspectRequest& request, v1::InspectResponse& response) const;

 private:
  using Session = DeliveryServer::Session;

  void OnMessage(Session& session, v1::Up message);
  void OnClose(Session& session);
  void OnHello(Session& session, const InstanceId& instance, const v1::Hello& hello);
  void OnBatch(const InstanceId& instance, const v1::Batch& batch, WindowOutputs& out);
  void OnMarker(const InstanceId& instance, const v1::Marker& marker, WindowOutputs& out);
  void OnView(const v1::View& view, WindowOutputs& out);
  void TellView(const InstanceId& proxy, const View& view);
  void TellStanding(const InstanceId& proxy);
  void WarnUnlessMember(const View& view) const;
  // Into unit_; false when it cannot be.
  bool Decode(const InstanceId& instance, const v1::Block& block);
  void Tick();
  void ShowRoster();
  void Emit(WindowOutputs out);
  void Commit(CommitPlan plan);
  void Send(const InstanceId& instance, v1::Down message);
  std::string MismatchOf(const v1::Hello& hello) const;
  v1::Standing standing() const;

  EventLoop& loop_;
  const Clock& clock_;
  const Options options_;
  const IntervalScale scale_;
  Committer& committer_;
  ReceiverMetrics metrics_;
  const uint64_t incarnation_;
  AuditBoard audit_;
  WindowBook book_;
  KeyMemo keys_;
  UnitPayload payload_;  // these two trade what they hold: memory is used again
  UnitChunk unit_;
  AgentBoard board_;
  uint64_t shown_revision_ = UINT64_MAX;  // of the roster, on the board
  ViewHistory views_;
  mutable Mutex mutex_;
  std::vector<View> known_views_ ABSL_GUARDED_BY(mutex_);  // those of views_
  std::set<InstanceId> proxies_;
  v1::Standing told_standing_ = v1::STANDING_UNSPECIFIED;
  Departure departure_;
  std::map<InstanceId, Session*> route_;
  std::map<Session*, std::set<InstanceId>> sessions_;
  std::atomic<bool> warm_{false};
  std::atomic<bool> leaving_{false};
};

}  // namespace tributary
