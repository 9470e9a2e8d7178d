#pragma once

#include <cstddef>

#include "absl/hash/hash.h"
#include "common/metric/series_key.h"

namespace tributary {

// For tables of this process; HashOf is the one that is equal everywhere. Takes keys, and pointers to keys as if they
// were the keys.
struct SeriesKeyHash {
  size_t operator()(const SeriesKey& key) const { return absl::HashOf(key.type, key.name, key.tags); }
  size_t operator()(const SeriesKey* key) const { return (*this)(*key); }
};
struct SeriesKeyPointerEqual {
  bool operator()(const SeriesKey* a, const SeriesKey* b) const { return a == b || *a == *b; }
};

}  // namespace tributary
