#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/interval.h"
#include "tests/sim/dice.h"
#include "tests/sim/marks.h"

namespace tributary::sim {

// Time, chance and events of one run: everything follows from the seed. Thread-compatible; worlds share nothing.
class World : public Dice {
 public:
  using Event = absl::AnyInvocable<void()>;
  static constexpr IntervalIndex kStart = 100'000;

  World(uint64_t seed, bool tracing);

  uint64_t seed() const { return seed_; }
  absl::Time now() const { return now_; }
  const IntervalScale& scale() const { return scale_; }
  absl::Duration interval() const { return scale_.length(); }

  // Events at equal times happen in the order they were planned.
  void At(absl::Time time, Event event);
  void After(absl::Duration delay, Event event) { At(now_ + delay, std::move(event)); }
  void RunUntil(absl::Time time);
  void DropEvents() { events_ = {}; }

  absl::Duration Between(double min_intervals, double max_intervals);

  void Hit(Mark mark, uint64_t times = 1) { marks_[static_cast<size_t>(mark)] += times; }
  const MarkCounts& marks() const { return marks_; }

  // One line for people, when somebody looks.
  template <class... Args>
  void Trace(const absl::FormatSpec<Args...>& format, const Args&... args) {
    if (tracing_) Print(absl::StrFormat(format, args...));
  }
  bool tracing() const { return tracing_; }

  // Something that must not be. The first kViolationsKept are kept; `kind` is one of a few words.
  static constexpr size_t kViolationsKept = 8;
  void Violate(absl::string_view kind, absl::string_view what);
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct Planned {
    absl::Time time;
    uint64_t number;
    mutable Event event;  // moved out of the queue's top
    bool operator<(const Planned& other) const { return std::tie(other.time, other.number) < std::tie(time, number); }
  };
  void Print(absl::string_view line) const;

  const uint64_t seed_;
  const bool tracing_;
  const IntervalScale scale_{absl::Seconds(10)};
  absl::Time now_;
  std::priority_queue<Planned> events_;
  uint64_t event_count_ = 0;
  MarkCounts marks_{};
  std::vector<std::string> violations_;
};

}  // namespace tributary::sim
