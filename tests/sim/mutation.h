#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "global/merge/window_book.h"

namespace tributary::sim {

// A part of the protocol that is left out, to see whether the checkers miss it.
enum class Mutation : uint8_t {
  kNone,
  kNoDedup,
  kEmitByClock,
  kNoManifests,
  kNoColdWait,
  kNoPulls,
  kNoSupersets,
  kNoFlags,
  kAckBeforeCommit,
  kStableAgentId,
  kEmptyRoster,
  kCount,
};
absl::string_view MutationName(Mutation mutation);
// Of those that are the owner's own.
ProtocolRules RulesWithout(Mutation mutation);
std::optional<Mutation> MutationNamed(absl::string_view name);

}  // namespace tributary::sim
