#include "tests/sim/swarm.h"

#include "absl/strings/str_cat.h"

namespace tributary::sim {

absl::string_view FaultName(Fault fault) {
  static constexpr absl::string_view kNames[kFaults] = {
      "break-stream",  "break-upstream",  "kill-agent",       "leave-agent",    "kill-proxy",
      "kill-global",   "stop-at-commit",  "lose-power",       "lose-disk",      "fill-disk",
      "freeze-global", "freeze-proxy",    "freeze-agent",     "partition",      "scale",
      "jump-clock",    "trouble-storage", "lose-agent-power", "fill-agent-disk"};
  return kNames[static_cast<int>(fault)];
}

Swarm Swarm::Draw(Dice& dice) {
  Swarm swarm;
  swarm.agents = 3 + dice.Below(3);
  swarm.proxies = 1 + dice.Below(2);
  swarm.fault_intervals = 6 + dice.Below(5);
  swarm.stress = dice.Chance(0.5);
  if (swarm.stress) {
    swarm.hold = 3 + dice.Below(3);
    swarm.lease = 2 + dice.Below(3);
    swarm.fault_intervals += 4;
  }
  const double share = 0.1 + 0.6 * dice.Chance();  // of the kinds
  for (int fault = 0; fault < kFaults; ++fault) {
    swarm.faults[fault] = dice.Chance(share);
    swarm.mean_gap[fault] = 2 + 6 * dice.Chance();
  }
  swarm.skewed_clocks = dice.Chance(0.3);
  swarm.slow_disks = dice.Chance(0.3);
  swarm.late_units = dice.Chance(0.5);
  swarm.clones = dice.Chance(0.05);
  swarm.small_queues = dice.Chance(0.1);
  swarm.small_agent_memory = dice.Chance(0.15);
  swarm.spool = dice.Below(3);
  swarm.small_spools = dice.Chance(0.1);
  swarm.small_window_memory = dice.Chance(0.1);
  // An owner takes one whose spool is delivered for an agent beside its successor: with spools the count means nothing.
  swarm.expected_agents = dice.Chance(0.5) && swarm.spool == 0 ? swarm.agents : 0;
  return swarm;
}

std::string Swarm::ToString() const {
  std::string text =
      absl::StrCat(agents, " agents, ", proxies, " proxies, hold ", hold, ", lease ", lease, "; faults:");
  for (int fault = 0; fault < kFaults; ++fault) {
    if (faults[fault]) absl::StrAppend(&text, " ", FaultName(static_cast<Fault>(fault)));
  }
  const auto add = [&](bool is_on, absl::string_view name) {
    if (is_on) absl::StrAppend(&text, " ", name);
  };
  add(skewed_clocks, "skewed-clocks");
  add(slow_disks, "slow-disks");
  add(late_units, "late-units");
  add(clones, "clones");
  add(small_queues, "small-queues");
  add(small_agent_memory, "small-agent-memory");
  add(spool == 1, "spool-overflow");
  add(spool == 2, "spool-always");
  add(small_spools, "small-spools");
  add(small_window_memory, "small-window-memory");
  return text;
}

}  // namespace tributary::sim
