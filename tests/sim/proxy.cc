#include "tests/sim/proxy.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "tests/sim/global.h"

namespace tributary::sim {

namespace {

constexpr double kTick = 0.1;  // of an interval

}  // namespace

Proxy::Proxy(Network& network, int number, const Globals& globals, std::vector<Member> members)
    : Node(network.world(), number, absl::StrFormat("proxy-%d", number)),
      network_(network),
      globals_(globals),
      members_(std::move(members)) {}

void Proxy::Start() {
  Router::Options options;
  options.cluster = "sim";
  options.instance = *InstanceId::FromBytes(absl::StrFormat("proxy%03d%08d", number(), life()));
  options.incarnation = world_.Random();
  options.interval = world_.interval();
  options.owner_queue_bytes = network_.max_queued_bytes();
  RouterPorts& ports = *this;
  router_ = std::make_unique<Router>(options, ports);
  router_->SetMembers(clock(), members_);
  connecting_.clear();
  ConnectAll();
  Tick();
}

void Proxy::Kill() {
  if (!alive()) return;
  world_.Trace("%s is killed", name());
  world_.Hit(Mark::kProxyKilled);
  Die();
  for (const auto& [id, session] : sessions_) session.link->Close(Link::kServer);
  for (const auto& [owner, link] : upstreams_) link->Close(Link::kClient);
  sessions_.clear();
  upstreams_.clear();
}

void Proxy::Restart() {
  if (alive()) return;
  Live();
  world_.Trace("%s starts anew", name());
  Start();
}

void Proxy::SetMembers(const std::vector<Member>& members) {
  members_ = members;
  Do(life(), [this] {
    router_->SetMembers(clock(), members_);
    ConnectAll();
  });
}

void Proxy::BreakUpstream(const std::string& owner) {
  if (const auto link = upstreams_.find(owner); link != upstreams_.end()) link->second->Break();
}

void Proxy::Open(const std::shared_ptr<Link>& link, Answer answer) {
  const SessionId id = link->id();
  sessions_[id] = {link, std::move(answer)};
  link->OnClose(Link::kServer, [this, id] {
    sessions_.erase(id);
    router_->SessionClosed(id);
  });
  router_->SessionOpened(id);
}

void Proxy::Receive(SessionId session, v1::Up up) { router_->SessionMessage(clock(), session, std::move(up)); }

void Proxy::Tick() {
  router_->Tick(clock());
  ConnectAll();
  DoAfter(kTick * world_.interval(), [this] { Tick(); });
}

void Proxy::ConnectAll() {
  for (const Member& member : router_->OwnersAt(world_.scale().At(clock()))) {
    if (connecting_.insert(member.id).second) Connect(member.id);
  }
}

void Proxy::Connect(const std::string& owner) {
  Global& global = *globals_.at(owner);
  const auto again = [this, owner] { DoAfter(world_.Between(0.02, 0.4), [this, owner] { Connect(owner); }); };
  if (!global.responsive() || !network_.Passes(*this, global) || !network_.Passes(global, *this)) return again();
  const auto link = std::make_shared<Link>(network_, *this, global);
  link->OnClose(Link::kClient, [this, owner, again, link = link.get()] {
    link->Supersede();
    upstreams_.erase(owner);
    router_->UpstreamClosed(owner);
    again();
  });
  global.Open(link, [this, owner](const v1::Down& down) {
    if (upstreams_.contains(owner)) router_->UpstreamMessage(clock(), owner, down);
  });
  upstreams_[owner] = link;
  router_->UpstreamOpened(owner);
}

bool Proxy::SendUp(const std::string& owner, v1::Up message) {
  const auto link = upstreams_.find(owner);
  if (link == upstreams_.end()) return false;
  size_t bytes = 100;
  for (const v1::Block& block : message.batch().blocks()) bytes += 40 + block.payload().size();
  return link->second->Send(
      Link::kClient, bytes,
      [global = globals_.at(owner), id = link->second->id(), up = std::move(message)] { global->Receive(id, up); });
}

bool Proxy::SendDown(SessionId session, v1::Down message) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return false;
  return found->second.link->Send(Link::kServer, 100,
                                  [answer = found->second.answer, down = std::move(message)] { answer(down); });
}

void Proxy::Close(SessionId session) {
  if (const auto found = sessions_.find(session); found != sessions_.end()) found->second.link->Close(Link::kServer);
}

}  // namespace tributary::sim
