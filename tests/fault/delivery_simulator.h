#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"

namespace tributary {

// How often the faults of a run happened: a batch of seeds that never froze a global proves nothing about freezing.
struct SimulationMarks {
  int streams_broken = 0;
  int agents_cut_off = 0;
  int proxies_killed = 0;
  int globals_killed = 0;
  int commits_lost = 0;    // killed before the plan was on disk
  int commits_untold = 0;  // killed between the disk and the acknowledgement
  int globals_frozen = 0;
  int members_changed = 0;
  int partial_closes = 0;
  int late_units = 0;
  int units_sent_again = 0;
  int units_dropped = 0;
  int pulls = 0;
};

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
    uint64_t agent_memory_bytes = 64u << 20;  // less: agents drop, and the sums are checked over samples only
  };
  static constexpr int kAgents = 3;
  static constexpr int kGlobals = 2;
  static constexpr int kHealIntervals = 60;

  explicit DeliverySimulator(Options options);
  ~DeliverySimulator();

  void Run();
  const std::vector<std::string>& violations() const { return violations_; }
  const SimulationMarks& marks() const { return marks_; }

 private:
  class Node;
  class Link;
  class Agent;
  class Proxy;
  class Global;
  using Window = std::pair<IntervalIndex, PartitionId>;
  using ChunkName = std::pair<InstanceId, uint32_t>;
  struct Sent {
    double value = 0;
    uint64_t samples = 0;
  };
  // What one global says of a window.
  struct Stored {
    double rows = 0;
    std::set<ChunkName> named;  // by manifests
    bool closed = false;
    // Those that are merged for good.
    std::set<ChunkName> Whole() const;
  };

  void At(absl::Time time, std::function<void()> event);
  void After(absl::Duration delay, std::function<void()> event) { At(now_ + delay, std::move(event)); }
  void RunUntil(absl::Time time);
  void InjectFaults(absl::Time until);
  void Heal();
  bool Settled() const;
  void CheckBooks();
  void CheckSums();
  // Counts the chunks of a window that the global has merged for good into `times`.
  void CheckWindow(const Window& window, const std::string& global, const Stored& said,
                   std::map<ChunkName, int>& times);
  void Violate(const std::string& what);

  // Uniform in [0, 1), and below `n`.
  double Chance();
  int Below(int n);
  absl::Duration Between(double min_intervals, double max_intervals);

  const Options options_;
  const IntervalScale scale_{absl::Seconds(10)};
  std::mt19937_64 random_;
  absl::Time now_;
  std::map<std::pair<absl::Time, uint64_t>, std::function<void()>> events_;
  uint64_t event_count_ = 0;
  uint64_t link_count_ = 0;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
  std::vector<std::unique_ptr<Global>> globals_;
  std::map<Window, std::map<ChunkName, Sent>> sent_;
  std::map<Window, std::map<std::string, Stored>> stored_;  // by global
  bool member_leaves_ = false;
  std::vector<std::string> violations_;
  SimulationMarks marks_;
};

}  // namespace tributary
