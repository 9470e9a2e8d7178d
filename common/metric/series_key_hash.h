#pragma once

#include <cstddef>

#include "absl/hash/hash.h"
#include "common/metric/series_key.h"

namespace tributary {

// For tables of this process; HashOf is the one that is equal everywhere.
struct SeriesKeyHash {
  size_t operator()(const SeriesKey& key) const { return absl::HashOf(key.type, key.name, key.tags); }
};

}  // namespace tributary
