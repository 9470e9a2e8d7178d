#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/metric/shared_series_key.h"
#include "global/store/label_index.h"
#include "global/store/row_reader.h"

namespace tributary {

// From the first to the last interval that a series has rows in.
struct Lifetime {
  IntervalIndex first = INT64_MAX;
  IntervalIndex last = INT64_MIN;
  bool Meets(const Lifetime& other) const { return first <= other.last && other.first <= last; }
  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

// The series of a store, by key, by id and by labels. Lives in memory, about 400 bytes a series; read back at a start.
//
// Threads: Restore, Intern, IdOf and ForgetBefore belong to the one thread that writes the store; the rest is
//          thread-safe. Of the writer's, only what a new or a forgotten series changes waits for readers.
class SeriesCatalog {
 public:
  // Lifetimes are written this many intervals ahead, each series at another time, and are known to that after a start.
  static constexpr IntervalIndex kLifetimeStep = 360;

  void Restore(KeyId id, SharedSeriesKey key, const Lifetime& lifetime);
  struct Interned {
    KeyId id = 0;
    bool is_new = false;
    std::optional<Lifetime> to_write;  // what has to be on disk with the row, a little longer than it is
  };
  Interned Intern(const SharedSeriesKey& key, IntervalIndex interval);
  std::optional<KeyId> IdOf(const SeriesKey& key) const;
  // Removes the series last written before `interval`; returns their ids, ascending.
  std::vector<KeyId> ForgetBefore(IntervalIndex interval);

  std::optional<SharedSeriesKey> Find(KeyId id) const;
  std::optional<Lifetime> LifetimeOf(KeyId id) const;
  std::vector<KeyId> Ids(const Lifetime& meeting) const;  // ascending

  std::vector<std::string> Names() const;
  std::vector<StoredSeries> FindByName(absl::string_view name) const;
  FoundSeries FindByLabels(absl::Span<const LabelCondition> conditions, const Lifetime& meeting, size_t limit) const;
  FoundTexts LabelNames(absl::Span<const LabelCondition> conditions, const Lifetime& meeting, size_t limit) const;
  FoundTexts LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, const Lifetime& meeting,
                         size_t limit) const;
  size_t size() const { return size_; }

 private:
  struct Entry {
    KeyId id = 0;
    SharedSeriesKey key;
    std::atomic<IntervalIndex> first;
    std::atomic<IntervalIndex> last;
    IntervalIndex promised = 0;  // the last interval of what is on disk; the writer's
    Lifetime lifetime() const { return {first, last}; }
  };
  Entry& Insert(KeyId id, SharedSeriesKey key, const Lifetime& lifetime);
  // Ascending.
  LabelIndex::Postings Matching(absl::Span<const LabelCondition> conditions, const Lifetime& meeting) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::flat_hash_map<SharedSeriesKey, Entry*, SharedSeriesKeyHash, SharedSeriesKeyEqual> by_key_;  // the writer's
  KeyId next_id_ = 1;                                                                               // the writer's
  std::atomic<size_t> size_{0};

  mutable Mutex mutex_;
  absl::flat_hash_map<KeyId, std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);  // changed by the writer
  LabelIndex index_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
