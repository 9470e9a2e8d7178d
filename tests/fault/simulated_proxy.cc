#include "tests/fault/simulated_proxy.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace tributary {

namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

}  // namespace

SimulatedProxy::SimulatedProxy(SimulatedWorld& world, const Globals& globals, std::vector<Member> members)
    : SimulatedNode(world), globals_(globals), members_(std::move(members)) {
  Start();
}

void SimulatedProxy::Start() {
  Router::Options options;
  options.cluster = "sim";
  options.instance = *InstanceId::FromBytes(absl::StrFormat("proxy%011d", world_.Random() % 1'000'000'000));
  options.incarnation = world_.Random();
  options.owner_queue_bytes = SimulatedLink::kMaxQueuedBytes;
  RouterPorts& ports = *this;
  router_ = std::make_unique<Router>(options, ports);
  router_->SetMembers(world_.now(), members_);
  connecting_.clear();
  ConnectAll();
  Tick();
}

void SimulatedProxy::Kill() {
  if (!alive()) return;
  ++world_.marks.proxies_killed;
  Die();
  for (const auto& [id, session] : sessions_) session.link->Break();
  for (const auto& [owner, link] : upstreams_) link->Break();
  sessions_.clear();
  upstreams_.clear();
}

void SimulatedProxy::Restart() {
  if (alive()) return;
  Live();
  Start();
}

void SimulatedProxy::SetMembers(const std::vector<Member>& members) {
  members_ = members;
  Do(life(), [this] {
    router_->SetMembers(world_.now(), members_);
    ConnectAll();
  });
}

void SimulatedProxy::BreakUpstream(const std::string& owner) {
  if (const auto link = upstreams_.find(owner); link != upstreams_.end()) link->second->Break();
}

SessionId SimulatedProxy::Open(const std::shared_ptr<SimulatedLink>& link, Answer answer) {
  const SessionId id = ++last_session_;
  sessions_[id] = {link, std::move(answer)};
  router_->SessionOpened(id);
  return id;
}

void SimulatedProxy::Closed(SessionId session) {
  sessions_.erase(session);
  router_->SessionClosed(session);
}

void SimulatedProxy::Tick() {
  router_->Tick(world_.now());
  ConnectAll();
  DoAfter(kTick, [this] { Tick(); });
}

void SimulatedProxy::ConnectAll() {
  for (const Member& member : router_->OwnersAt(world_.scale().At(world_.now()))) {
    if (connecting_.insert(member.id).second) Connect(member.id);
  }
}

void SimulatedProxy::Connect(const std::string& owner) {
  SimulatedGlobal& global = *globals_.at(owner);
  const auto again = [this, owner] { DoAfter(world_.Between(0.02, 0.5), [this, owner] { Connect(owner); }); };
  if (!global.responsive()) return again();
  SimulatedLink::End client{.node = this, .life = life(), .on_close = [this, owner, again] {
                              upstreams_.erase(owner);
                              router_->UpstreamClosed(owner);
                              again();
                            }};
  const auto id = std::make_shared<uint64_t>();
  SimulatedLink::End server{.node = &global, .life = global.life(), .on_close = [&global, id] { global.Close(*id); }};
  const auto link = std::make_shared<SimulatedLink>(world_, std::move(client), std::move(server));
  *id = link->id();
  global.Open(link, [this, owner](const v1::Down& down) { router_->UpstreamMessage(world_.now(), owner, down); });
  upstreams_[owner] = link;
  router_->UpstreamOpened(owner);
}

bool SimulatedProxy::SendUp(const std::string& owner, v1::Up message) {
  const auto link = upstreams_.find(owner);
  if (link == upstreams_.end()) return false;
  SimulatedGlobal& global = *globals_.at(owner);
  return link->second->SendUp(message.ByteSizeLong(),
                              [&global, id = link->second->id(), message] { global.Receive(id, message); });
}

bool SimulatedProxy::SendDown(SessionId session, v1::Down message) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return false;
  return found->second.link->SendDown(message.ByteSizeLong(),
                                      [answer = found->second.answer, message] { answer(message); });
}

void SimulatedProxy::Close(SessionId session) {
  if (const auto found = sessions_.find(session); found != sessions_.end()) found->second.link->Break();
}

}  // namespace tributary
