#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "global/merge/commit_plan.h"

namespace tributary {

// An instance's place on the roster; given to another instance only after everything that names this one is forgotten.
using RosterSlot = uint16_t;
using RosterSlots = absl::InlinedVector<RosterSlot, 8>;  // those of one series: often few

// The instances an owner expects to hear from.
//
//   ACTIVE -2 markers missed-> SILENT -lease-> LOST -forget_lost-> forgotten      heard again: ACTIVE
//   any -Goodbye-> LEFT, -a successor's Hello-> DEAD, both for good; forgotten after `keep_ended`
//
// Bounds:  kMaxEntries; Join refuses beyond.
// Threads: thread-compatible.
class Roster {
 public:
  static constexpr size_t kMaxEntries = 16384;
  struct Options {
    absl::Duration silent = absl::Seconds(25);
    absl::Duration lease = absl::Seconds(150);
    absl::Duration forget_lost = absl::Hours(1);
    absl::Duration keep_ended = absl::Minutes(16);
  };
  explicit Roster(Options options) : options_(options) {}

  // Puts an instance on the roster, or finds it there. Nothing when there is no room.
  std::optional<RosterSlot> Join(const RosterEntry& entry);
  std::optional<RosterSlot> Find(const InstanceId& instance) const;
  const RosterEntry& at(RosterSlot slot) const { return *entries_[slot]; }

  void Hear(RosterSlot slot, absl::Time now);
  void Leave(RosterSlot slot, IntervalIndex final_interval);
  // It died, and may have had data until `last_interval`, in which its successor began.
  void Bury(RosterSlot slot, IntervalIndex last_interval);
  // Silence counts from `now` on at the earliest.
  void Resume(absl::Time now) { resumed_ = now; }
  // States by the time passed; returns the slots that were forgotten.
  std::vector<RosterSlot> Advance(absl::Time now);

  // Has, or may have, data for the interval that has not been committed. Who left has committed all; of who is dead it
  // is missing for good.
  bool IsAwaitedAt(RosterSlot slot, IntervalIndex interval) const;
  // Windows wait for it until their deadline.
  bool Holds(RosterSlot slot) const;
  // It left or is dead.
  bool HasEnded(RosterSlot slot) const;

  // Slots in use, ascending.
  std::vector<RosterSlot> slots() const;
  size_t size() const { return index_.size(); }
  // By instance.
  std::vector<RosterEntry> Snapshot() const;
  // Grows with every change but `last_heard`.
  uint64_t revision() const { return revision_; }

 private:
  RosterEntry::State StateAfter(const RosterEntry& entry, absl::Duration silence) const;

  const Options options_;
  absl::Time resumed_ = absl::InfinitePast();
  std::vector<std::optional<RosterEntry>> entries_;  // by slot
  absl::flat_hash_map<InstanceId, RosterSlot> index_;
  uint64_t revision_ = 0;
};

}  // namespace tributary
