#pragma once

#include <array>
#include <cstdint>
#include <set>

#include "absl/strings/string_view.h"
#include "tests/sim/swarm.h"

namespace tributary::sim {

// What must have happened somewhere in a batch of seeds: one that never killed a global between the disk and the
// acknowledgement proves nothing about it.
enum class Mark : uint8_t {
  kStreamBroken,
  kOldStreamSpeaks,  // its message arrives after a newer stream of the same peers has opened
  kPartition,
  kAsymmetricPartition,
  kFlappingPartition,
  kClockJumped,
  kAgentKilled,
  kAgentRestarted,  // with a successor's Hello
  kAgentLeft,       // with a Goodbye
  kProxyKilled,
  kGlobalKilled,
  kKilledBeforeDisk,         // between the plan and the disk
  kKilledBetweenDiskAndAck,  // and between the disk and the acknowledgement
  kCommitReplayed,           // what a former life committed is told Committed again
  kKilledBetweenSinkAndConfirmation,
  kPausedBeforeCommit,  // between the plan and the disk
  kZombieCommit,        // on a disk after another owner of the window had planned and written its own
  kPowerLost,
  kTornBatch,
  kDiskFull,
  kDiskLost,
  kLostDiskRebuilt,  // what was committed on it is committed again
  kScaled,
  kScaledBackToBack,
  kScaledAmidKills,
  kViewsDiffered,  // proxies hear of members at different times, or not
  kTakeover,       // written by another than the owner of its interval
  kTakeoverPull,   // asked for by another than the owner of its interval
  kTwoOwners,      // have written one window
  kLeftOut,        // of a window that two have committed, one's rows are left out
  kReadAgain,      // and read again
  kMissing,        // somebody has committed what is in no set that is read
  kRosterFromPeer,
  kPull,
  kPullAnswered,  // with what was committed
  kHold,          // a window closes complete that could have closed half an interval before
  kPartialClose,
  kEarlyClose,
  kLateUnit,
  kLateVersion,
  kSuperset,  // a complete set after a partial one
  kBusy,
  kConflict,
  kDuplicate,  // a chunk arrives again where its window is open
  kColdWait,   // a start without a roster
  kSentAgain,
  kMemoryDrop,
  kAgentPowerLost,
  kSpooled,
  kSpoolOverflow,  // units are on an agent's disk only
  kSpoolReplayed,  // what a dead instance has left is delivered
  kSpilledAtEnd,   // an agent ended before everything was committed
  kSpoolTorn,
  kSpoolFull,
  kSpoolBound,    // the oldest segment is deleted with what it holds
  kSinkTimedOut,  // and had applied what it was given
  kSinkRepeat,
  kStress,
  kCount,
};
inline constexpr int kMarks = static_cast<int>(Mark::kCount);
absl::string_view MarkName(Mark mark);
// A batch without these faults cannot be blamed for missing it: all that bring it about are among them.
bool IsExcused(Mark mark, const std::set<Fault>& without);

using MarkCounts = std::array<uint64_t, kMarks>;

}  // namespace tributary::sim
