#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace tributary {

// Who has which name in a storage: finds two series that map to one identity there ("a.b" and "a_b"), so that the
// second is refused instead of both being mixed.
//
// Shape:   64-bit hashes of identity and owner, in two generations: when the younger has max_entries / 2, the older is
//          forgotten. A name is kept as long as it is claimed at least once in max_entries / 2 different claims.
// Bounds:  max_entries, about 30 bytes each.
// Errors:  with n identities, two are mistaken for one another with probability n^2 / 2^65.
// Threads: thread-compatible.
class IdentityTable {
 public:
  explicit IdentityTable(size_t max_entries) : max_entries_(max_entries) {}

  // True when every one of `identities` is free or `owner`'s already; else none is taken. Hashes by the caller.
  bool Claim(absl::Span<const uint64_t> identities, uint64_t owner);
  size_t size() const { return younger_.size() + older_.size(); }

 private:
  bool IsTaken(uint64_t identity, uint64_t owner) const;

  const size_t max_entries_;
  absl::flat_hash_map<uint64_t, uint64_t> younger_;
  absl::flat_hash_map<uint64_t, uint64_t> older_;
};

}  // namespace tributary
