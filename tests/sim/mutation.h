#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "global/merge/window_book.h"

namespace tributary::sim {

// A part of the protocol that is left out, to see whether the checkers miss it. Numbers are of the rules in
// docs/delivery.md.
enum class Mutation : uint8_t {
  kNone,
  kNoDedup,          // 3: a chunk counts as often as it comes
  kEmitByClock,      // 2: windows do not wait for the roster
  kNoManifests,      // 3: what was committed before a restart is taken again
  kNoColdWait,       // 10
  kNoPulls,          // 4, 9
  kNoSupersets,      // 7
  kNoFlags,          // 5
  kAckBeforeCommit,  // 2
  kStableAgentId,    // 3: an agent's lives share a name
  kEmptyRoster,      // 10: the disk's is not read, and the first agent is the fleet
  kFreeOnReceipt,    // 1: an agent frees what its owner has received
  kNoRetention,      // 1: and keeps nothing of what is committed
  kForgetLost,       // 2: whoever's lease has ended is not expected any more
  kTornCommit,       // 2: manifests reach the disk before rows
  kFeedOnce,         // 2: a storage is told once
  kArrivalOrder,     // 2: digests merge as they come
  kNoHold,           // 5: incomplete windows close at once, flagged
  kReadLast,         // 6: readers take the last row of a version, whoever wrote it
  kReadAll,          // 6: globals do not tell each other what they have
  kOneName,          // 8: partial values go by the complete ones' name
  kEarlySuccessor,   // a successor is announced before what it found is delivered
  kCount,
};
absl::string_view MutationName(Mutation mutation);
// Of those that are the owner's own.
void Mutate(Mutation mutation, WindowBookOptions& options);
std::optional<Mutation> MutationNamed(absl::string_view name);

}  // namespace tributary::sim
