#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/metric/shared_series_key.h"
#include "global/store/row_reader.h"

namespace tributary {

// The series of a store, by key, by id and by name. Lives in memory, about 300 bytes a series; read back at a start.
// Thread-safe.
class SeriesCatalog {
 public:
  // `last_interval` is when it was last written.
  void Restore(KeyId id, SharedSeriesKey key, IntervalIndex last_interval);
  // The id, and whether it is new.
  std::pair<KeyId, bool> Intern(const SharedSeriesKey& key, IntervalIndex interval);
  // Removes the series last written before `interval`; returns their ids, ascending.
  std::vector<KeyId> ForgetBefore(IntervalIndex interval);

  std::optional<SharedSeriesKey> Find(KeyId id) const;
  std::optional<KeyId> IdOf(const SeriesKey& key) const;
  std::vector<std::string> Names() const;
  std::vector<StoredSeries> FindByName(absl::string_view name) const;
  size_t size() const;

 private:
  struct Entry {
    KeyId id = 0;
    IntervalIndex last_interval = 0;
  };
  void Insert(KeyId id, SharedSeriesKey key, IntervalIndex interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  absl::flat_hash_map<SharedSeriesKey, Entry, SharedSeriesKeyHash, SharedSeriesKeyEqual> series_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<KeyId, SharedSeriesKey> keys_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::set<KeyId>, std::less<>> by_name_ ABSL_GUARDED_BY(mutex_);
  KeyId next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace tributary
