#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/aggregate/aggregate.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/aggregate/row.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/hash/view.h"
#include "global/merge/commit_plan.h"

namespace tributary {

// What the book takes. Wire messages after decoding; whatever cannot be decoded is answered before.
struct AgentHello {
  InstanceId instance;
  std::string host;
  IntervalIndex first_interval = 0;
  std::optional<InstanceId> supersedes;
};
struct AgentGoodbye {
  InstanceId instance;
  IntervalIndex final_interval = 0;
};
struct AgentMarker {
  InstanceId instance;
  IntervalIndex interval = 0;
  std::bitset<kPartitionCount> nonempty;
};
struct UnitChunk {
  InstanceId instance;
  IntervalIndex interval = 0;
  PartitionId partition = 0;
  uint32_t chunk = 0;
  uint32_t chunk_count = 0;  // 0: a late unit
  uint64_t sample_count = 0;
  uint32_t crc32c = 0;
  std::vector<std::pair<SharedSeriesKey, Aggregate>> series;  // keys are canonical, aggregates agree with their types
  std::vector<Event> events;
};
// What other globals have of a window that this one has, too, or has open (global/peer): which chunks are in what is
// read of it, here or there, and whose are missing in that though somebody had committed them.
struct WindowContest {
  struct Chunk {
    InstanceId instance;
    uint32_t chunk = 0;
    uint32_t crc32c = 0;
  };
  IntervalIndex interval = 0;
  PartitionId partition = 0;
  bool main_is_elsewhere = false;  // somebody else's main version is read, closed
  std::vector<Chunk> read;         // by name
  std::vector<InstanceId> missing;
};
struct Tick {
  // What others had committed then is known: nothing that may have been taken over closes by older knowledge.
  absl::Time peers_heard = absl::InfiniteFuture();
};
struct CommitDone {
  uint64_t number = 0;  // the plan is on disk
};

// What the book asks its shell to do.
enum class UnitStatus : uint8_t { kOk, kDuplicate, kUnavailable, kBusy, kInvalid, kTooOld, kTooNew, kConflict };
inline constexpr int kUnitStatuses = 8;

struct UnitName {
  InstanceId instance;
  IntervalIndex interval = 0;
  PartitionId partition = 0;
  uint32_t chunk = 0;
  friend auto operator<=>(const UnitName&, const UnitName&) = default;
};
struct WindowOutputs {
  struct Welcome {
    InstanceId instance;
    IntervalIndex sealed_through = 0;
  };
  struct Pull {
    InstanceId instance;
    IntervalIndex interval = 0;
    std::vector<PartitionId> partitions;
  };
  std::vector<Welcome> welcomes;
  std::vector<std::pair<UnitName, UnitStatus>> received;
  std::vector<std::pair<InstanceId, IntervalIndex>> markers;  // taken
  std::vector<UnitName> committed;
  std::vector<Pull> pulls;
  std::optional<CommitPlan> commit;
};

// What the store gives back at a start.
struct WindowBookState {
  std::vector<RosterEntry> roster;
  std::vector<View> views;
  std::vector<SeriesTotal> totals;
  std::map<std::pair<IntervalIndex, PartitionId>, std::vector<Manifest>> manifests;  // by step
  std::optional<IntervalIndex> sealed_through;                                       // none: nothing was ever committed
};

// Parts of the protocol (docs/delivery.md has their reasons). The simulator leaves each out, to show that it is needed.
struct ProtocolRules {
  bool dedup = true;               // a chunk counts once
  bool roster_gate = true;         // windows wait for the roster; else they close by the clock, told as complete
  bool cold_wait = true;           // a start without a roster closes nothing for a lease
  bool manifests = true;           // a unit of a committed window is answered from its manifest
  bool pulls = true;               // what is announced and missing is asked for
  bool confirms_ownership = true;  // what is not complete is closed by the owner of the newest view heard only
  bool supersets = true;           // a partial value is followed by the whole one
  bool flags = true;               // a partial value is told as such
};

struct WindowBookOptions {
  std::string node_id;  // as in views
  absl::Duration interval = absl::Seconds(10);
  uint64_t cluster_seed = 0;
  int expected_agents = 0;              // a start without a roster waits for as many; 0: for cold_wait
  double coverage_bar = 0.99;           // of its contributors; a series above it may close early, below it is partial
  uint64_t memory_bytes = 1u << 30;     // of open windows; beyond: BUSY
  uint64_t history_bytes = 256u << 20;  // manifests and markers of what is closed; beyond: the horizon comes nearer
  size_t max_series = 1u << 20;         // remembered between windows; beyond: totals start anew with each row
  AggregateMerger::Options merge;
  ProtocolRules rules = {};
  // In intervals.
  int hold = 9;              // an incomplete window is closed so long after its end
  int lease = 15;            // an instance unheard for so long holds nothing
  int cold_wait = 15;        // a start without a roster waits for so long: more than the longest partition
  int horizon = 90;          // how far back units are taken
  int retain = 60;           // agents have what is committed for so long: until then a partial window may be made whole
  int forget_lost = 360;     // a lost instance is expected for so long
  int forget_series = 8640;  // a total is kept so long without a row
};

struct WindowBookStats {
  // Samples; accepted = committed + dropped + open.
  uint64_t samples_accepted = 0;
  uint64_t samples_committed = 0;
  uint64_t samples_dropped = 0;  // in windows that this node did not own at the horizon, or that another has committed
  uint64_t samples_open = 0;
  uint64_t units[kUnitStatuses] = {};  // answers, by UnitStatus
  uint64_t closes[kCloseKinds] = {};   // committed, by CloseKind
  uint64_t roster[5] = {};             // entries now, by RosterEntry::State
  uint64_t roster_refused = 0;         // Hello beyond kMaxRoster
  uint64_t open_windows = 0;           // the provisional ones included
  uint64_t provisional_windows = 0;    // partial, and kept to be made whole
  uint64_t open_bytes = 0;
  uint64_t history_bytes = 0;
  uint64_t series = 0;          // remembered
  uint64_t series_refused = 0;  // totals not remembered for want of room
  uint64_t pulls = 0;           // partitions asked for again
  uint64_t windows_left = 0;    // open ones, for another global has committed them
  IntervalIndex sealed_through = 0;
};

// The ledger's mind: merges units into windows, each once, and says when a window is closed and who may be told. The
// protocol of an owner (docs/architecture.md, docs/wire.md), without threads, sockets, clocks or hash order: the same
// inputs at the same times give the same outputs, in production and in the simulator.
//
// Window:  (partition, interval). Complete when every instance of the roster has sent its marker and what it announced:
//          closed at once. Else from half an interval after its end on, series of which enough contributors are here
//          close early; `hold` intervals after its end the rest is closed as it is, flagged partial. Instances beyond
//          their lease hold nothing after half an interval; dead ones and such that left, nothing at all. Whatever is
//          not complete closes only while the newest view says that this node is the owner; one heard since the start.
//          A partial window stays provisional for `retain` intervals: when the rest comes, its series are committed
//          again, whole and unflagged, in place of their partial values. Else, or when memory is short, what came is a
//          late version.
// Order:   rows of a series come in interval order; what comes after the series' next row is a late version.
// Exact:   a chunk counts once, by its name, for as long as it is not too old to be taken at all. Equal sets of chunks
//          give equal bytes of rows.
// Commit:  a plan at a time. Committed leaves with the CommitDone of the plan that closed the window, or again when the
//          chunk comes again.
// Starts:  nothing closes for half an interval: whose Hello came after the last commit says it again.
// Pauses:  after a start, and after more than one interval without any Step, deadlines and silence count from then on.
// Bounds:  see Options; roster kMaxRoster; windows hold at most memory_bytes, a quarter more for the oldest interval.
// Threads: thread-compatible.
class WindowBook {
 public:
  static constexpr size_t kMaxRoster = 16384;
  static constexpr size_t kMaxRowsPerPlan = 16384;  // but always one whole window

  WindowBook(WindowBookOptions options, WindowBookState state, absl::Time now);
  ~WindowBook();

  // Instead of the option's, for a start that still waits.
  void SetExpectedAgents(int agents);

  WindowOutputs Step(absl::Time now, AgentHello hello);
  WindowOutputs Step(absl::Time now, AgentGoodbye goodbye);
  WindowOutputs Step(absl::Time now, AgentMarker marker);
  WindowOutputs Step(absl::Time now, UnitChunk&& unit);  // keys are left in it
  WindowOutputs Step(absl::Time now, View view);
  // Often: a tenth of an interval apart, say.
  WindowOutputs Step(absl::Time now, const WindowContest& contest);
  // The roster of a global that has one; for a start without.
  WindowOutputs Step(absl::Time now, const std::vector<RosterEntry>& roster);
  WindowOutputs Step(absl::Time now, Tick tick);
  WindowOutputs Step(absl::Time now, CommitDone done);

  // No window is ready and no plan is under way.
  bool idle() const;
  // Whether a cold start's wait is over: windows may be closed.
  bool warm() const;
  WindowBookStats stats() const;
  // By instance; changes with the revision, which grows (but `last_heard`, which changes with every message).
  std::vector<RosterEntry> roster() const;
  uint64_t roster_revision() const;
  // Of each interval, the windows that are open or provisional.
  std::map<IntervalIndex, std::bitset<kPartitionCount>> open_windows() const;
  // What is older is neither taken nor answered for.
  IntervalIndex floor() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
