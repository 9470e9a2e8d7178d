#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/fault/simulated_agent.h"
#include "tests/fault/simulated_global.h"
#include "tests/fault/simulated_proxy.h"
#include "tests/fault/simulated_world.h"

namespace tributary {

// A cluster in one thread: agents' ledgers, proxies' routers and globals' window books, the very objects of production,
// between links that delay, fill up and break, on a virtual clock. Everything follows from the seed.
//
//   3 agents -> 1 or 2 proxies -> 2 globals; some intervals with faults, then all is well until nothing is pending.
//
// Checks, as `violations`:
//   - each chunk of an agent is merged for good by exactly one global; where members change, by at least one;
//   - the rows of a closed window, over all versions, add up to exactly the chunks that its manifests name;
//   - at every step an agent's samples accepted = committed + dropped + pending, and so for a global;
//   - no window closes as complete while a unit that an agent announced is missing;
//   - none closes as partial before its global has waited for as long as it promised;
//   - once the faults are over, everything is committed within kHealIntervals;
//   - ledgers and links stay within their bounds.
class DeliverySimulator {
 public:
  struct Options {
    uint64_t seed = 0;
    int fault_intervals = 30;
    uint64_t agent_memory_bytes = 64u << 20;  // less: agents drop, and count what they drop
  };
  static constexpr int kAgents = 3;
  static constexpr int kGlobals = 2;
  static constexpr int kHealIntervals = 60;

  explicit DeliverySimulator(Options options);
  ~DeliverySimulator();

  void Run();
  const std::vector<std::string>& violations() const { return world_.violations(); }
  const SimulationMarks& marks() const { return world_.marks; }

 private:
  using Window = SimulationRecords::Window;
  using ChunkName = SimulationRecords::ChunkName;

  void PlanIntervals(IntervalIndex last);
  void PlanChangeOfMembers(const std::vector<Member>& members);
  void PlanFaults(absl::Time until);
  void PlanDeaths(absl::Time until);
  // Some seeds have a kind of fault, others not, so that each is seen alone, too.
  void Repeat(double mean_intervals, absl::Time until, const std::function<void()>& fault);
  void Heal();
  bool Settled() const;

  void CheckBooks();
  void CheckRecords();
  // Counts the chunks of a window that the global has merged for good into `times`.
  void CheckWindow(const Window& window, const std::string& global, const SimulationRecords::Stored& said,
                   std::map<ChunkName, int>& times);

  SimulatedAgent& AnyAgent();
  SimulatedProxy& AnyProxy();
  SimulatedGlobal& AnyGlobal();

  const Options options_;
  SimulatedWorld world_;
  std::vector<std::unique_ptr<SimulatedGlobal>> globals_;
  SimulatedProxy::Globals globals_by_id_;
  SimulatedAgent::Proxies proxies_;
  std::vector<std::unique_ptr<SimulatedAgent>> agents_;
  bool member_leaves_ = false;
};

}  // namespace tributary
