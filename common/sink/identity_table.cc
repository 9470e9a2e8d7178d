#include "common/sink/identity_table.h"

#include <utility>

namespace tributary {

bool IdentityTable::Claim(absl::Span<const uint64_t> identities, uint64_t owner) {
  for (const uint64_t identity : identities) {
    if (IsTaken(identity, owner)) return false;
  }
  for (const uint64_t identity : identities) {
    if (younger_.contains(identity)) continue;
    if (younger_.size() >= max_entries_ / 2) {
      older_ = std::exchange(younger_, {});
    }
    younger_.emplace(identity, owner);
    older_.erase(identity);
  }
  return true;
}

bool IdentityTable::IsTaken(uint64_t identity, uint64_t owner) const {
  for (const auto* generation : {&younger_, &older_}) {
    const auto found = generation->find(identity);
    if (found != generation->end()) return found->second != owner;
  }
  return false;
}

}  // namespace tributary
