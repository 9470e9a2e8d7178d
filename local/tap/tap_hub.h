#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "local/tap/tap.h"

namespace tributary {

// The taps that are open on an agent's readers. A tap that nobody polls for kPatience ends.
//
// Bounds:  kMaxTaps at once.
// Cost:    without a tap, one relaxed load per batch.
// Threads: thread-safe.
class TapHub {
  struct Entry {
    std::string id;
    std::shared_ptr<Tap> tap;
    absl::Time ends;
  };
  using Entries = std::vector<Entry>;

 public:
  static constexpr size_t kMaxTaps = 8;
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // What a reader offers its lines to: the taps that were open when a batch of lines began. They all have the time of
  // that moment.
  class Batch {
   public:
    bool open() const { return entries_ != nullptr; }
    // REQUIRES: open().
    void Offer(const TapLine& line) const;

   private:
    friend class TapHub;
    std::shared_ptr<const Entries> entries_;
    absl::Time time_;
  };

  explicit TapHub(const Clock& clock) : clock_(clock), entries_(std::make_shared<const Entries>()) {}

  // Inline, for it is all that a reader pays while nobody looks.
  Batch NewBatch() { return open_.load(std::memory_order_relaxed) ? OpenBatch() : Batch(); }

  // The id to poll with; unguessable. RESOURCE_EXHAUSTED when kMaxTaps are open.
  absl::StatusOr<std::string> Open(Tap::Options options);
  // NOT_FOUND when there is no such tap, or it has ended.
  absl::StatusOr<Tap::Taken> Poll(absl::string_view id);

 private:
  Batch OpenBatch();
  void DropEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Publish(Entries entries) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  std::atomic<bool> open_{false};  // there are entries; may be a moment old
  Mutex mutex_;
  std::shared_ptr<const Entries> entries_ ABSL_GUARDED_BY(mutex_);  // replaced, never changed
};

}  // namespace tributary
