#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "common/metric/series_key.h"

namespace tributary {

// How many values each tag of each metric has, among the series that were added and not removed. `__other__` is none.
//
// Bounds:  up to 40 bytes for each distinct (metric, tag, value), so a multiple of what the caller adds.
// Errors:  told apart by 64 bits: of a million values two are taken for one with probability 10^-7.
// Threads: thread-compatible.
class TagValues {
 public:
  void Add(const SeriesKey& key);
  void Remove(const SeriesKey& key);

  // Whether no tag of `key` would have more than `max_values` if it were added.
  bool HasRoom(const SeriesKey& key, size_t max_values) const;
  // Replaces by `__other__` the values there is no room for. The other tags stay.
  void Fold(SeriesKey& key, size_t max_values) const;

  size_t size() const { return series_of_value_.size(); }

 private:
  bool Fits(const std::string& metric, const std::string& tag, size_t max_values) const;

  absl::flat_hash_map<uint64_t, uint32_t> series_of_value_;  // by metric and tag
  absl::flat_hash_map<uint64_t, uint32_t> values_of_tag_;    // by metric and key of the tag
};

}  // namespace tributary
