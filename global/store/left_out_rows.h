#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/hash/hash128.h"
#include "common/hash/partition.h"
#include "common/metric/series_key.h"
#include "global/merge/left_out.h"

namespace tributary {

// Which of this node's rows readers do not take, by window; on disk beside them (Ledger::PutLeftOut). Readers take a
// copy that does not change. Thread-safe.
class LeftOutRows {
 public:
  using Map = std::map<WindowName, RowVersions>;
  using Windows = std::shared_ptr<const Map>;

  explicit LeftOutRows(uint64_t cluster_seed) : cluster_seed_(cluster_seed) {}

  // Null: none.
  Windows All() const {
    MutexLock lock(mutex_);
    return windows_;
  }
  void Replace(Map windows) {
    Windows next = windows.empty() ? nullptr : std::make_shared<const Map>(std::move(windows));
    MutexLock lock(mutex_);
    windows_ = std::move(next);
  }
  PartitionId PartitionOf(const SeriesKey& key) const { return tributary::PartitionOf(HashOf(key, cluster_seed_)); }

 private:
  const uint64_t cluster_seed_;
  mutable Mutex mutex_;
  Windows windows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
