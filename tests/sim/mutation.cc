#include "tests/sim/mutation.h"

namespace tributary::sim {

namespace {

constexpr absl::string_view kNames[static_cast<int>(Mutation::kCount)] = {
    "none",         "no-dedup",    "emit-by-clock",     "no-manifests",    "no-cold-wait",  "no-pulls",
    "no-supersets", "no-flags",    "ack-before-commit", "stable-agent-id", "empty-roster",  "free-on-receipt",
    "no-retention", "forget-lost", "torn-commit",       "feed-once",       "arrival-order", "no-hold",
    "read-last",    "read-all",    "one-name",          "early-successor"};

}  // namespace

absl::string_view MutationName(Mutation mutation) { return kNames[static_cast<int>(mutation)]; }

void Mutate(Mutation mutation, WindowBookOptions& options) {
  ProtocolRules& rules = options.rules;
  rules.dedup = mutation != Mutation::kNoDedup;
  rules.roster_gate = mutation != Mutation::kEmitByClock;
  rules.manifests = mutation != Mutation::kNoManifests;
  rules.cold_wait = mutation != Mutation::kNoColdWait;
  rules.pulls = mutation != Mutation::kNoPulls;
  rules.supersets = mutation != Mutation::kNoSupersets;
  rules.flags = mutation != Mutation::kNoFlags;
  if (mutation == Mutation::kEmptyRoster) options.expected_agents = 1;
  if (mutation == Mutation::kNoHold) options.hold = 0;
}

std::optional<Mutation> MutationNamed(absl::string_view name) {
  for (int i = 0; i < static_cast<int>(Mutation::kCount); ++i) {
    if (kNames[i] == name) return static_cast<Mutation>(i);
  }
  return std::nullopt;
}

}  // namespace tributary::sim
