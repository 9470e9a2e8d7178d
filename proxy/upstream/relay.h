#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "common/net/event_loop.h"
#include "common/rpc/delivery_server.h"
#include "common/telemetry/telemetry.h"
#include "proxy/route/cluster_view.h"
#include "proxy/route/router.h"
#include "proxy/upstream/relay_metrics.h"
#include "proxy/upstream/upstream_pool.h"

namespace tributary {

// A Router on an event loop, between the agents' streams and the globals'.
//
// Threads: thread-safe; not to be destroyed on its own loop.
class Relay : private RouterPorts {
 public:
  struct Options {
    std::string listen;  // host:port; port 0 takes a free one
    size_t max_connections = 16384;
    size_t agent_queue_bytes = 8u << 20;
    std::function<void()> heartbeat = [] {};  // called again and again on the loop's thread
    RpcTrustPtr trust = nullptr;              // null: plaintext
    std::shared_ptr<RpcRefusals> refusals = std::make_shared<RpcRefusals>();  // of agents
    Router::Options router;
  };
  // Listens at once. `clock` and `telemetry` outlive it.
  static absl::StatusOr<std::unique_ptr<Relay>> Start(Options options, const Clock& clock, Telemetry& telemetry);
  ~Relay() override;  // Shutdown(0)

  // Whom the membership names: see Router.
  void SetMembers(std::vector<Member> members, std::vector<Member> others = {});
  void SetConfirmRemoval(absl::Duration confirm);
  // Those of the newest view; and who was in one, or is to be, as long as this proxy is connected to it: it answers for
  // what it has.
  std::vector<Member> CurrentMembers() const;
  // Who is in no view any more, and not among these.
  std::vector<FormerMember> FormerMembers() const;
  // The newest view, as of half a second ago at the latest.
  ClusterView CurrentView() const;
  int port() const { return server_->port(); }
  size_t connections() const { return server_->connections(); }

  // Ends the agents' streams within `grace`: they go to another proxy.
  void Shutdown(absl::Duration grace);

 private:
  Relay(Options options, const Clock& clock, Telemetry& telemetry);
  absl::Status Listen();
  void FollowViews();
  void LogGuard();
  void ShowView();
  void Tick();

  bool SendUp(const std::string& owner, v1::Up message) override;
  bool SendDown(SessionId session, v1::Down message) override;
  void Close(SessionId session) override;

  void HandleOpen(DeliveryServer::Session& session);
  void HandleClose(DeliveryServer::Session& session);
  void HandleUpstreamMessage(const std::string& owner, v1::Down message);
  void HandleUpstreamClose(const std::string& owner, const absl::Status& status);

  const Options options_;
  const Clock& clock_;
  const IntervalScale scale_;
  LogEvery log_close_;

  mutable Mutex mutex_;
  std::vector<Member> members_ ABSL_GUARDED_BY(mutex_);
  std::vector<FormerMember> former_ ABSL_GUARDED_BY(mutex_);
  ClusterView view_ ABSL_GUARDED_BY(mutex_);

  // Owned by the loop.
  Router router_;
  RelayMetrics metrics_;
  std::map<DeliveryServer::Session*, SessionId> ids_;
  std::map<SessionId, DeliveryServer::Session*> sessions_;
  SessionId last_session_ = 0;
  std::map<std::string, bool> open_;  // by owner: to log changes only
  std::pair<IntervalIndex, uint64_t> shown_view_;
  std::set<std::string> shown_guarded_;

  EventLoop loop_{"relay"};
  std::unique_ptr<UpstreamPool> upstreams_;
  std::unique_ptr<DeliveryServer> server_;
};

}  // namespace tributary
