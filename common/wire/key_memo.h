#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/metric/shared_series_key.h"

namespace tributary {

// Keys by their bytes on the wire. Every agent sends the key of a series in every interval: whoever remembers it
// neither checks, copies nor hashes its strings again.
//
// Bounds:  two generations of `max_keys` / 2; when the younger is full the older goes. An entry is the key's bytes, at
//          most kMaxBytes, and about 100; the key itself is shared with whoever keeps the series. Of a series that
//          nobody keeps it is the memo's own: up to 3 KiB, with 64 tags.
// Threads: thread-compatible.
class KeyMemo {
 public:
  explicit KeyMemo(size_t max_keys) : generation_(max_keys / 2) {}

  static constexpr size_t kMaxBytes = 512;  // of a key; longer ones are not remembered

  // Null when it is not known; valid until Add.
  const SharedSeriesKey* Find(absl::string_view bytes) {
    if (const auto young = young_.find(bytes); young != young_.end()) return &young->second;
    const auto old = old_.find(bytes);
    if (old == old_.end()) return nullptr;
    Add(bytes, SharedSeriesKey(old->second));
    return &young_.find(bytes)->second;
  }
  void Add(absl::string_view bytes, SharedSeriesKey key) {
    if (bytes.size() > kMaxBytes) return;
    if (young_.size() >= generation_) old_ = std::exchange(young_, {});
    young_.insert_or_assign(std::string(bytes), std::move(key));
  }
  size_t size() const { return young_.size() + old_.size(); }

 private:
  using Generation = absl::flat_hash_map<std::string, SharedSeriesKey>;
  const size_t generation_;
  Generation young_;
  Generation old_;
};

}  // namespace tributary
