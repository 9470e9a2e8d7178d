#include "proxy/upstream/relay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/wire/block_runs.h"

namespace tributary {

namespace {

constexpr absl::Duration kTick = absl::Milliseconds(500);

}  // namespace

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(Options options, const Clock& clock, Telemetry& telemetry) {
  std::unique_ptr<Relay> relay(new Relay(std::move(options), clock, telemetry));
  if (const absl::Status status = relay->Listen(); !status.ok()) return status;
  return relay;
}

Relay::Relay(Options options, const Clock& clock, Telemetry& telemetry)
    : options_(std::move(options)),
      clock_(clock),
      scale_(options_.router.interval),
      log_close_(clock, absl::Seconds(10)),
      router_(options_.router, *this),
      metrics_(telemetry) {
  UpstreamPool::Callbacks callbacks;
  callbacks.on_open = [this](const std::string& owner) {
    open_[owner] = true;
    TRIBUTARY_LOG_INFO("connected to global {}", owner);
    router_.UpstreamOpened(owner);
  };
  callbacks.on_message = [this](const std::string& owner, v1::Down down) {
    HandleUpstreamMessage(owner, std::move(down));
  };
  callbacks.on_close = [this](const std::string& owner, const absl::Status& status) {
    HandleUpstreamClose(owner, status);
  };
  upstreams_ =
      std::make_unique<UpstreamPool>(loop_, options_.router.owner_queue_bytes, options_.trust, std::move(callbacks));
}

absl::Status Relay::Listen() {
  DeliveryServer::Callbacks callbacks;
  callbacks.on_open = [this](DeliveryServer::Session& session) { HandleOpen(session); };
  callbacks.on_message = [this](DeliveryServer::Session& session, v1::Up up) {
    UnpackBlocks(up);
    router_.SessionMessage(clock_.Now(), ids_.at(&session), std::move(up));
  };
  callbacks.on_close = [this](DeliveryServer::Session& session) { HandleClose(session); };
  auto server = DeliveryServer::Start(loop_,
                                      {.listen = options_.listen,
                                       .max_connections = options_.max_connections,
                                       .max_queued_bytes = options_.agent_queue_bytes,
                                       .trust = options_.trust,
                                       .refusals = options_.refusals,
                                       .bind_instances = true},
                                      std::move(callbacks));
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  loop_.RunEvery(kTick, [this] { Tick(); });
  return absl::OkStatus();
}

Relay::~Relay() {
  Shutdown(absl::ZeroDuration());
  loop_.Stop();
}

void Relay::SetMembers(std::vector<Member> members, std::vector<Member> others) {
  // As a timer, for those cannot be refused.
  loop_.RunAfter(absl::ZeroDuration(), [this, members = std::move(members), others = std::move(others)] {
    router_.SetMembers(clock_.Now(), members, others);
    FollowViews();
  });
}

void Relay::SetConfirmRemoval(absl::Duration confirm) {
  loop_.RunAfter(absl::ZeroDuration(), [this, confirm] { router_.SetConfirmRemoval(confirm); });
}

std::vector<Member> Relay::CurrentMembers() const {
  MutexLock lock(mutex_);
  return members_;
}

std::vector<FormerMember> Relay::FormerMembers() const {
  MutexLock lock(mutex_);
  return former_;
}

ClusterView Relay::CurrentView() const {
  MutexLock lock(mutex_);
  return view_;
}

void Relay::Shutdown(absl::Duration grace) {
  if (server_ != nullptr) server_->Shutdown(grace);
}

// Connects to those who may own something now.
void Relay::FollowViews() {
  upstreams_->SetOwners(router_.OwnersAt(scale_.At(clock_.Now())));
  if (const View* newest = router_.views().newest()) {
    const std::pair view(newest->effective_from, newest->sequence);
    if (std::exchange(shown_view_, view) != view) {
      TRIBUTARY_LOG_INFO("{} globals from interval {} on", newest->members.size(), newest->effective_from);
    }
  }
  LogGuard();
  ShowView();
}

void Relay::LogGuard() {
  const std::set<std::string>& guarded = router_.maker().guarded();
  if (guarded == shown_guarded_) return;
  shown_guarded_ = guarded;
  if (guarded.empty()) return;
  TRIBUTARY_LOG_WARN("the membership lacks {} globals at once ({}): they stay for `globals.confirm_removal`",
                     guarded.size(), absl::CHexEscape(absl::StrJoin(guarded, ", ")));
}

void Relay::ShowView() {
  ClusterView view;
  if (router_.views().empty()) {
    for (const Member& member : router_.members()) view.owners.push_back({member});
  } else {
    view = NewestView(router_.views());
  }
  for (ClusterView::Owner& owner : view.owners) owner.connected = open_[owner.member.id];
  view.guarded = router_.maker().guarded();
  view.waiting = router_.maker().waiting();
  std::vector<Member> members = router_.members();
  const auto has = [&members](const std::string& id) {
    return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
  };
  for (const Member& member : router_.OwnersAt(scale_.At(clock_.Now()))) {
    if (open_[member.id] && !has(member.id)) members.push_back(member);
  }
  std::vector<FormerMember> former = tributary::FormerMembers(router_.views(), scale_);
  former.erase(std::remove_if(former.begin(), former.end(), [&](const auto& each) { return has(each.member.id); }),
               former.end());
  MutexLock lock(mutex_);
  members_ = std::move(members);
  former_ = std::move(former);
  view_ = std::move(view);
}

void Relay::Tick() {
  options_.heartbeat();
  router_.Tick(clock_.Now());
  FollowViews();
  metrics_.Publish(router_);
  for (const auto& [owner, counts] : router_.owner_counts()) {
    metrics_.SetQueueBytes(owner, upstreams_->queued_bytes(owner));
  }
}

bool Relay::SendUp(const std::string& owner, v1::Up message) {
  PackBlocks(message);
  return upstreams_->Send(owner, std::move(message));
}

bool Relay::SendDown(SessionId session, v1::Down message) {
  const auto found = sessions_.find(session);
  PackNames(message);
  return found != sessions_.end() && found->second->Send(std::move(message));
}

void Relay::Close(SessionId session) {
  if (const auto found = sessions_.find(session); found != sessions_.end()) found->second->Close();
}

void Relay::HandleOpen(DeliveryServer::Session& session) {
  const SessionId id = ++last_session_;
  ids_[&session] = id;
  sessions_[id] = &session;
  TRIBUTARY_LOG_INFO("agent {} connected", session.peer());
  router_.SessionOpened(id);
}

void Relay::HandleClose(DeliveryServer::Session& session) {
  const SessionId id = ids_.at(&session);
  router_.SessionClosed(id);
  ids_.erase(&session);
  sessions_.erase(id);
  TRIBUTARY_LOG_INFO("agent {} disconnected", session.peer());
}

void Relay::HandleUpstreamMessage(const std::string& owner, v1::Down message) {
  if (message.has_refusal()) {
    TRIBUTARY_LOG_ERROR("global {} refuses: {}", owner, absl::CHexEscape(message.refusal().reason()));
  }
  UnpackNames(message);
  router_.UpstreamMessage(clock_.Now(), owner, std::move(message));
}

void Relay::HandleUpstreamClose(const std::string& owner, const absl::Status& status) {
  const bool was_open = std::exchange(open_[owner], false);
  if (was_open || log_close_.Due()) {
    TRIBUTARY_LOG_WARN("global {} is not reachable: {}", owner, absl::CHexEscape(status.message()));
  }
  router_.UpstreamClosed(owner);
}

}  // namespace tributary
