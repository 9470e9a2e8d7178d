#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

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
  kKilledBetweenSinkAndConfirmation,
  kPausedBeforeCommit,  // between the plan and the disk
  kZombieCommit,        // written by a global that owns the window no more
  kPowerLost,
  kTornBatch,
  kDiskFull,
  kDiskLost,
  kLostDiskRebuilt,
  kScaled,
  kScaledBackToBack,
  kScaledAmidKills,
  kViewsDiffered,
  kTakeover,
  kTakeoverPull,
  kPull,
  kPartialClose,
  kEarlyClose,
  kLateUnit,
  kLateVersion,
  kSuperset,  // a complete set after a partial one
  kBusy,
  kConflict,
  kColdWait,
  kSentAgain,
  kMemoryDrop,
  kSinkTimedOut,  // and had applied what it was given
  kSinkRepeat,
  kStress,
  kCount,
};
inline constexpr int kMarks = static_cast<int>(Mark::kCount);
absl::string_view MarkName(Mark mark);

using MarkCounts = std::array<uint64_t, kMarks>;

}  // namespace tributary::sim
