#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/hash/view.h"
#include "proxy/route/router.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"

namespace tributary::sim {

class Global;

// A proxy's router with links for its ways out. A new life begins with nothing but the configured members.
class Proxy : public Node, private RouterPorts {
 public:
  using Answer = std::function<void(const v1::Down&)>;
  using Globals = std::map<std::string, Global*>;

  Proxy(Network& network, int number, const Globals& globals, std::vector<Member> members);

  void Start();
  void Kill();
  void Restart();
  // The configuration changes, whether the proxy runs or not.
  void SetMembers(const std::vector<Member>& members);
  void BreakUpstream(const std::string& owner);

  // An agent's stream. Its session is the link.
  void Open(const std::shared_ptr<Link>& link, Answer answer);
  void Receive(SessionId session, v1::Up up);
  const ViewHistory& views() const { return router_->views(); }

 private:
  struct Session {
    std::shared_ptr<Link> link;
    Answer answer;
  };

  void Tick();
  void ConnectAll();
  void Connect(const std::string& owner);

  bool SendUp(const std::string& owner, v1::Up message) override;
  bool SendDown(SessionId session, v1::Down message) override;
  void Close(SessionId session) override;

  Network& network_;
  const Globals& globals_;
  std::vector<Member> members_;
  std::unique_ptr<Router> router_;
  std::map<SessionId, Session> sessions_;
  std::map<std::string, std::shared_ptr<Link>> upstreams_;
  std::set<std::string> connecting_;  // or connected
};

}  // namespace tributary::sim
