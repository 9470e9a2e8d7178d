#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/hash/view.h"
#include "proxy/route/router.h"
#include "tests/fault/simulated_global.h"
#include "tests/fault/simulated_link.h"
#include "tests/fault/simulated_node.h"

namespace tributary {

// A proxy's router with links for its ways out. A new life begins with nothing but the configured members.
class SimulatedProxy : public SimulatedNode, private RouterPorts {
 public:
  using Answer = std::function<void(const v1::Down&)>;
  using Globals = std::map<std::string, SimulatedGlobal*>;

  SimulatedProxy(SimulatedWorld& world, const Globals& globals, std::vector<Member> members);

  void Kill();
  void Restart();
  // The configuration changes, whether the proxy runs or not.
  void SetMembers(const std::vector<Member>& members);
  void BreakUpstream(const std::string& owner);

  // An agent's stream.
  SessionId Open(const std::shared_ptr<SimulatedLink>& link, Answer answer);
  void Receive(SessionId session, const v1::Up& up) { router_->SessionMessage(world_.now(), session, up); }
  void Closed(SessionId session);

 private:
  struct Session {
    std::shared_ptr<SimulatedLink> link;
    Answer answer;
  };

  void Start();
  void Tick();
  void ConnectAll();
  void Connect(const std::string& owner);

  bool SendUp(const std::string& owner, v1::Up message) override;
  bool SendDown(SessionId session, v1::Down message) override;
  void Close(SessionId session) override;

  const Globals& globals_;
  std::vector<Member> members_;
  std::unique_ptr<Router> router_;
  std::map<SessionId, Session> sessions_;
  SessionId last_session_ = 0;
  std::map<std::string, std::shared_ptr<SimulatedLink>> upstreams_;
  std::set<std::string> connecting_;  // or connected
};

}  // namespace tributary
