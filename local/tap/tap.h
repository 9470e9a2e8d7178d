#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/net/peer.h"
#include "local/tap/tap_pattern.h"

namespace tributary {

// A line as a reader has it, while it has it.
struct TapLine {
  absl::string_view text;
  const Peer& client;
  absl::string_view rejected = "";  // why it was refused; empty: it was taken
};

// A line as a tap shows it: its text is printable.
struct TapRecord {
  absl::Time time;
  std::string line;
  std::string client;
  std::string rejected;
};

// Shows one person the lines that match, at most `rate` a second; what is beyond is counted.
//
// Bounds:  kMaxRecords records of kMaxLineBytes (and a client's name) wait to be taken.
// Cost:    one match for each line that is offered; those that match and are not shown, one shared word more.
// Threads: thread-safe.
class Tap {
 public:
  static constexpr size_t kMaxRecords = 4000;
  static constexpr size_t kMaxLineBytes = 1024;
  static constexpr int kMaxRate = 10'000;

  enum class Rejected { kNo, kAlso, kOnly };
  struct Options {
    TapPattern pattern;
    Rejected rejected = Rejected::kAlso;
    int rate = 100;  // 1 to kMaxRate
  };
  struct Taken {
    std::vector<TapRecord> records;
    uint64_t skipped = 0;  // since the last time
  };

  explicit Tap(Options options) : options_(std::move(options)) {}

  void Offer(const TapLine& line, absl::Time now);
  Taken Take();

 private:
  bool Wants(const TapLine& line) const;
  // Whether one more may be shown at `now`.
  bool TakeToken(absl::Time now);

  const Options options_;
  std::atomic<int64_t> paid_until_nanos_{0};
  std::atomic<uint64_t> skipped_{0};
  Mutex mutex_;
  std::vector<TapRecord> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
