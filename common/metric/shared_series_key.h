#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <utility>

#include "common/metric/series_key.h"
#include "common/metric/series_key_hash.h"

namespace tributary {

// A series' key that a memory of series, its rows and its totals hold together: a copy costs a count, not strings.
// A value that never changes; compares and hashes as the key does. Reads like a pointer that is never null.
class SharedSeriesKey {
 public:
  SharedSeriesKey() : SharedSeriesKey(Nameless()) {}
  SharedSeriesKey(SeriesKey key) : held_(std::make_shared<const Held>(std::move(key))) {}  // NOLINT: is one

  const SeriesKey& operator*() const { return held_->key; }
  const SeriesKey* operator->() const { return &held_->key; }
  operator const SeriesKey&() const { return held_->key; }  // NOLINT: goes wherever a key does
  size_t hash() const { return held_->hash; }               // SeriesKeyHash of the key

  friend bool operator==(const SharedSeriesKey& a, const SharedSeriesKey& b) {
    return a.held_ == b.held_ || (a.hash() == b.hash() && *a == *b);
  }
  friend auto operator<=>(const SharedSeriesKey& a, const SharedSeriesKey& b) { return *a <=> *b; }
  friend bool operator==(const SharedSeriesKey& a, const SeriesKey& b) { return *a == b; }

 private:
  struct Held {
    explicit Held(SeriesKey k) : key(std::move(k)), hash(SeriesKeyHash()(key)) {}
    const SeriesKey key;
    const size_t hash;
  };
  static const SharedSeriesKey& Nameless() {
    static const SharedSeriesKey nameless{SeriesKey()};
    return nameless;
  }

  std::shared_ptr<const Held> held_;
};

// For tables of shared keys, where plain ones are looked up too.
struct SharedSeriesKeyHash {
  using is_transparent = void;
  size_t operator()(const SharedSeriesKey& key) const { return key.hash(); }
  size_t operator()(const SeriesKey& key) const { return SeriesKeyHash()(key); }
};
struct SharedSeriesKeyEqual {
  using is_transparent = void;
  bool operator()(const SharedSeriesKey& a, const SharedSeriesKey& b) const { return a == b; }
  bool operator()(const SharedSeriesKey& a, const SeriesKey& b) const { return *a == b; }
  bool operator()(const SeriesKey& a, const SharedSeriesKey& b) const { return a == *b; }
};

}  // namespace tributary
