#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "global/merge/commit_plan.h"
#include "global/merge/window_book.h"
#include "tributary/v1/delivery.pb.h"
#include "tributary/v1/status.pb.h"

namespace tributary {

// This global's side of the conservation law: what every instance has announced for each interval, and what of it is
// committed here. Summed over the globals by whoever looks, announced = committed once nothing is under way.
//
// Bounds:  the newest kIntervals; kMaxShares of instances in all of them, beyond which the oldest interval is
// forgotten. Threads: thread-safe.
class AuditBoard {
 public:
  static constexpr int kIntervals = 60;
  static constexpr size_t kMaxShares = 1u << 20;

  // `state`: what a former life of this process has committed.
  explicit AuditBoard(const WindowBookState& state);
  void Announce(const InstanceId& instance, const v1::Marker& marker);
  // The plan is on disk.
  void Commit(const CommitPlan& plan);

  // Adds the shares of the newest `intervals`, oldest first.
  void Describe(uint32_t intervals, v1::InspectResponse& response) const;

 private:
  struct Share {
    std::optional<uint64_t> announced;
    uint64_t committed = 0;
    uint64_t late = 0;
  };
  using Shares = absl::flat_hash_map<InstanceId, Share>;

  Share* ShareOf(IntervalIndex interval, const InstanceId& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Add(IntervalIndex interval, const Manifest& manifest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<IntervalIndex, Shares> intervals_ ABSL_GUARDED_BY(mutex_);
  size_t shares_ ABSL_GUARDED_BY(mutex_) = 0;
  IntervalIndex forgotten_ ABSL_GUARDED_BY(mutex_) = 0;  // up to it
};

}  // namespace tributary
