#include "tests/sim/marks.h"

#include <algorithm>
#include <vector>

namespace tributary::sim {

namespace {

struct MarkInfo {
  absl::string_view name;
  std::vector<Fault> faults = {};  // any of them; none: what is always there
};

const MarkInfo& InfoOf(Mark mark) {
  using enum Fault;
  static const std::array<MarkInfo, kMarks> kInfos = {{
      {"stream-broken", {kBreakStream, kBreakUpstream}},
      {"old-stream-speaks"},
      {"partition", {kPartition}},
      {"asymmetric-partition", {kPartition}},
      {"flapping-partition", {kPartition}},
      {"clock-jumped", {kJumpClock}},
      {"agent-killed", {kKillAgent}},
      {"agent-restarted", {kKillAgent, kLeaveAgent, kLoseAgentPower}},
      {"agent-left", {kLeaveAgent}},
      {"proxy-killed", {kKillProxy}},
      {"global-killed", {kKillGlobal}},
      {"killed-before-disk", {kStopAtCommit, kKillGlobal, kFillDisk}},
      {"killed-between-disk-and-ack", {kStopAtCommit, kLosePower}},
      {"commit-replayed", {kStopAtCommit, kLosePower, kKillGlobal}},
      {"killed-between-sink-and-confirmation", {kStopAtCommit}},
      {"paused-before-commit", {kStopAtCommit}},
      {"zombie-commit", {kScale}},
      {"power-lost", {kLosePower, kLoseDisk}},
      {"torn-batch", {kLosePower, kLoseDisk}},
      {"disk-full", {kFillDisk}},
      {"disk-lost", {kLoseDisk}},
      {"lost-disk-rebuilt", {kLoseDisk}},
      {"scaled", {kScale}},
      {"scaled-back-to-back", {kScale}},
      {"scaled-amid-kills", {kScale}},
      {"views-differed", {kScale}},
      {"takeover", {kScale}},
      {"takeover-pull", {kScale}},
      {"two-owners", {kScale}},
      {"left-out", {kScale}},
      {"read-again", {kLoseDisk}},
      {"missing", {kScale}},
      {"roster-from-peer", {kLoseDisk}},
      {"pull"},
      {"pull-answered"},
      {"hold"},
      {"partial-close"},
      {"early-close"},
      {"late-unit"},
      {"late-version"},
      {"superset"},
      {"busy"},
      {"conflict"},
      {"duplicate"},
      {"cold-wait", {kLoseDisk, kKillGlobal, kLosePower, kStopAtCommit, kFillDisk}},
      {"sent-again"},
      {"memory-drop"},
      {"agent-power-lost", {kLoseAgentPower}},
      {"spooled"},
      {"spool-overflow"},
      {"spool-replayed", {kKillAgent, kLoseAgentPower, kLeaveAgent}},
      {"spilled-at-end", {kLeaveAgent}},
      {"spool-torn", {kLoseAgentPower}},
      {"spool-full", {kFillAgentDisk}},
      {"spool-bound"},
      {"sink-timed-out", {kTroubleStorage}},
      {"sink-repeat", {kTroubleStorage, kLosePower, kStopAtCommit, kKillGlobal}},
      {"stress"},
  }};
  return kInfos[static_cast<size_t>(mark)];
}

}  // namespace

absl::string_view MarkName(Mark mark) { return InfoOf(mark).name; }

bool IsExcused(Mark mark, const std::set<Fault>& without) {
  const std::vector<Fault>& faults = InfoOf(mark).faults;
  return !faults.empty() &&
         std::all_of(faults.begin(), faults.end(), [&](Fault fault) { return without.contains(fault); });
}

}  // namespace tributary::sim
