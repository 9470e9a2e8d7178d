#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/aggregate/row.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/hash/view.h"
#include "global/merge/left_out.h"
#include "global/merge/manifest.h"

namespace tributary {

// An instance as its owner knows it, on disk with every commit that follows a change.
struct RosterEntry {
  enum class State : uint8_t { kActive, kSilent, kLost, kLeft, kDead };

  InstanceId instance;
  std::string host;
  IntervalIndex first_interval = 0;
  std::optional<IntervalIndex> final_interval;  // with data: of one that left, or is dead
  absl::Time last_heard;
  State state = State::kActive;
  friend bool operator==(const RosterEntry&, const RosterEntry&) = default;
};

// What is remembered of a series between windows, to be written with the commit that changed it.
struct SeriesTotal {
  SharedSeriesKey key;
  std::optional<RunningTotal> total;  // counters and distributions; none before the first main row
  RunningTotal pending;               // came late; grows the total with the next main row
  IntervalIndex last_interval = 0;    // of the last main row
  friend bool operator==(const SeriesTotal&, const SeriesTotal&) = default;
};

// How a window closed. Early: some of its series, ahead of the rest. Superset: whole, after it was partial.
enum class CloseKind : uint8_t { kComplete, kEarly, kPartial, kLate, kSuperset };
inline constexpr int kCloseKinds = 5;

// One step of one window.
struct WindowCommit {
  PartitionId partition = 0;
  IntervalIndex interval = 0;
  CloseKind kind = CloseKind::kComplete;
  std::vector<Row> rows;      // by (version, key)
  std::vector<Event> events;  // of the chunks that this commit names for good; sorted
  Manifest manifest;          // adds to those before
};

// Windows to be written in one atomic, fsynced batch; nothing of it is acknowledged or shown before that. Plans are
// numbered from 1, one is under way at a time, and a plan that could not be written is written again, unchanged.
struct CommitPlan {
  uint64_t number = 0;
  std::vector<WindowCommit> windows;               // by (interval, partition)
  std::vector<SeriesTotal> totals;                 // of a series that is there twice, the later one counts
  std::vector<SeriesKey> forgotten;                // totals to be removed
  std::optional<std::vector<RosterEntry>> roster;  // when it has changed; by instance
  std::optional<std::vector<View>> views;          // when they have changed; oldest first
  IntervalIndex sealed_through = 0;  // every window up to it that is this node's is closed, this plan included

  std::vector<WindowName> Names() const {
    std::vector<WindowName> names;
    for (const WindowCommit& window : windows) names.emplace_back(window.interval, window.partition);
    return names;
  }
};

}  // namespace tributary
