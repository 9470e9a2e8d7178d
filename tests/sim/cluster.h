#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/hash/view.h"
#include "tests/sim/agent.h"
#include "tests/sim/checker.h"
#include "tests/sim/dice.h"
#include "tests/sim/global.h"
#include "tests/sim/mutation.h"
#include "tests/sim/network.h"
#include "tests/sim/proxy.h"
#include "tests/sim/swarm.h"
#include "tests/sim/truth.h"
#include "tests/sim/verdict.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// A cluster in one thread: agents' ledgers, proxies' routers and globals' window books, the very objects of production,
// on a network, disks and clocks that fail. Everything follows from the seed.
//
//   3 to 5 agents -> 1 or 2 proxies -> up to 3 globals; some intervals with faults, then all is well until nothing is
//   outstanding.
class Cluster {
 public:
  struct Options {
    uint64_t seed = 0;
    Mutation mutation = Mutation::kNone;
    std::set<Fault> without = {};
    bool tracing = false;
  };
  static constexpr int kGlobals = 3;
  static constexpr int kSettleIntervals = 70;  // deadline, lease and resending, at most

  explicit Cluster(const Options& options);
  ~Cluster();

  void Run();
  const std::vector<std::string>& violations() const { return world_.violations(); }
  const MarkCounts& marks() const { return world_.marks(); }

 private:
  void Build();
  WindowBookOptions BookOptions() const;
  void PlanFaults();
  void PlanKind(Fault fault);
  void Strike(Fault fault);
  void StopAtCommit(Global& global);
  void Partition();
  void Flap(uint32_t side, bool one_way, int times);
  void Scale();
  void JumpClock(Node& node);
  void FreezeForAWhile(Node& node);
  absl::Duration Between(double min_intervals, double max_intervals);
  absl::Duration Length();  // of a fault
  void Heal();
  bool Settled() const;
  Verdict Judge() const;
  void CheckBooks();

  std::vector<Member> SomeMembers();
  Agent& AnyAgent() { return *agents_[static_cast<size_t>(dice_.Below(static_cast<int>(agents_.size())))]; }
  Proxy& AnyProxy() { return *proxies_[static_cast<size_t>(dice_.Below(static_cast<int>(proxies_.size())))]; }
  Global& AnyGlobal() { return *globals_[static_cast<size_t>(dice_.Below(kGlobals))]; }

  const Options options_;
  World world_;
  // Of the faults alone: a seed keeps its plan when the protocol sends a message more.
  Dice dice_;
  const Swarm swarm_;
  Network network_;
  Truth truth_;
  Checker checker_;
  Global::Storages storages_;  // one of each kind
  std::vector<std::unique_ptr<Global>> globals_;
  Proxy::Globals globals_by_id_;
  Agent::Proxies proxies_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<Member> members_;
  absl::Time faults_end_;
  absl::Time last_scaled_ = absl::InfinitePast();
  bool healed_ = false;
};

}  // namespace tributary::sim
