#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/base/instance_id.h"
#include "common/hash/view.h"
#include "global/merge/window_book.h"
#include "tests/fault/simulated_link.h"
#include "tests/fault/simulated_node.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// A global's window book with a disk that outlives it and is slow, and what global/receive does around it.
class SimulatedGlobal : public SimulatedNode {
 public:
  using Answer = std::function<void(const v1::Down&)>;

  SimulatedGlobal(SimulatedWorld& world, const std::string& id, int expected_agents);
  const std::string& id() const { return id_; }

  void Kill();
  void Restart();
  void Freeze();
  void Thaw() { Resume(); }

  // A proxy's stream.
  void Open(const std::shared_ptr<SimulatedLink>& link, Answer answer);
  void Close(uint64_t link);
  void Receive(uint64_t link, const v1::Up& up);

  // accepted = committed + dropped + open.
  bool BooksBalance() const;

 private:
  struct Session {
    std::shared_ptr<SimulatedLink> link;
    Answer answer;
    std::set<InstanceId> instances;
  };

  void Start();
  void Tick();
  WindowOutputs Take(const InstanceId& instance, const v1::Up& up);
  WindowOutputs TakeView(const View& view);
  void WelcomeProxy(const InstanceId& instance);
  void TellView(const InstanceId& proxy, const View& view);
  void Emit(WindowOutputs out);
  void Say(const InstanceId& instance, v1::Down down);
  void Write(const CommitPlan& plan);
  void Record(const WindowCommit& window);

  void Hear(const InstanceId& agent);
  void NoteLost();
  bool IsOnRoster(const InstanceId& agent) const;
  void CheckComplete(const WindowCommit& window);
  void CheckWaited(const WindowCommit& window);

  const std::string id_;
  WindowBookOptions options_;
  WindowBookState disk_;
  uint64_t incarnation_ = 0;
  std::unique_ptr<WindowBook> book_;
  std::optional<CommitPlan> plan_;  // being written
  ViewHistory views_;
  std::set<InstanceId> proxies_;          // some may be gone
  std::map<uint64_t, Session> sessions_;  // by link
  std::map<InstanceId, uint64_t> route_;  // the link that last spoke for it

  // For the checks.
  std::set<InstanceId> joined_;             // agents heard in this life
  std::map<InstanceId, absl::Time> heard_;  // in any
  std::set<InstanceId> lost_;               // silent beyond their lease
};

}  // namespace tributary
