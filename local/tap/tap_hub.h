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
// Cost:    without a tap, one relaxed load per batch; see open().
// Threads: thread-safe.
class TapHub {
 public:
  static constexpr size_t kMaxTaps = 8;
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // What a reader offers its lines to; unchanged once made.
  class Taps {
   public:
    void Offer(const TapLine& line) const {
      for (const Entry& entry : entries_) entry.tap->Offer(line);
    }

   private:
    friend class TapHub;
    struct Entry {
      std::string id;
      std::shared_ptr<Tap> tap;
      absl::Time ends;
    };
    std::vector<Entry> entries_;
  };

  explicit TapHub(const Clock& clock) : clock_(clock), taps_(std::make_shared<const Taps>()) {}

  // Whether it is worth asking for taps(); may be a moment old.
  bool open() const { return open_.load(std::memory_order_relaxed); }
  // For a batch of lines. Never null.
  std::shared_ptr<const Taps> taps();

  // The id to poll with; unguessable. RESOURCE_EXHAUSTED when kMaxTaps are open.
  absl::StatusOr<std::string> Open(Tap::Options options);
  // NOT_FOUND when there is no such tap, or it has ended.
  absl::StatusOr<Tap::Taken> Poll(absl::string_view id);

 private:
  void DropEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Publish(Taps taps) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  std::atomic<bool> open_{false};
  Mutex mutex_;
  std::shared_ptr<const Taps> taps_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
