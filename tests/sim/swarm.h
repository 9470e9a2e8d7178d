#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/sim/dice.h"

namespace tributary::sim {

// What can go wrong. Each seed has some of them, so that each is seen alone too, and with any other.
enum class Fault : uint8_t {
  kBreakStream,
  kBreakUpstream,
  kKillAgent,  // a successor follows, or not
  kLeaveAgent,
  kKillProxy,
  kKillGlobal,
  kStopAtCommit,  // paused or killed exactly around a commit
  kLosePower,
  kLoseDisk,
  kFillDisk,
  kFreezeGlobal,
  kFreezeProxy,
  kFreezeAgent,
  kPartition,
  kScale,
  kJumpClock,
  kTroubleStorage,
  kLoseAgentPower,
  kFillAgentDisk,
  kCount,
};
inline constexpr int kFaults = static_cast<int>(Fault::kCount);
absl::string_view FaultName(Fault fault);

// The shape of a run, drawn from its seed.
struct Swarm {
  int agents = 4;
  int proxies = 2;
  int fault_intervals = 10;
  // In intervals. Stress: deadline and lease are shorter than the faults, so that partial closes race with complete
  // ones (reliability model, section 12.1).
  bool stress = false;
  int hold = 9;
  int lease = 15;
  double max_fault = 6;
  bool faults[kFaults] = {};
  double mean_gap[kFaults] = {};  // intervals between two of a kind
  bool skewed_clocks = false;
  bool slow_disks = false;
  bool late_units = false;
  bool clones = false;
  bool small_queues = false;
  bool small_agent_memory = false;
  int spool = 0;  // Agent::Spool
  bool small_spools = false;
  bool small_window_memory = false;
  int expected_agents = 0;

  static Swarm Draw(Dice& dice);
  bool has(Fault fault) const { return faults[static_cast<int>(fault)]; }
  std::string ToString() const;
};

}  // namespace tributary::sim
