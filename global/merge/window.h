#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "global/merge/commit_plan.h"
#include "global/merge/expectation.h"
#include "global/merge/manifest.h"
#include "global/merge/roster.h"
#include "global/merge/series_memory.h"
#include "global/merge/window_book.h"

namespace tributary {

// A chunk of a closed window, packed: there are as many as units in the horizon.
struct CommittedChunk {
  uint32_t chunk = 0;
  uint32_t crc32c = 0;
  RosterSlot slot = 0;
};

// One partition in one interval at its owner: merges chunks, each once, and turns them into rows, each once.
//
// A series' data waits in parts: `main` until the series is emitted; `after`, what main chunks bring once it was
// emitted early, until the window closes; `late`, what late chunks bring, and after the close every chunk. Of a
// provisional window, `since` is what main chunks bring after the close, and `whole` that together with what was
// emitted partial. The order of chunks does not show in the rows. A chunk's events leave with the commit that names it
// for good. Threads: thread-compatible; owned by the book.
class Window {
 public:
  using Series = SeriesMemory::Series;

  // `series` and `options` outlive the window.
  Window(IntervalIndex interval, PartitionId partition, SeriesMemory& series, const WindowBookOptions& options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Takes up what was committed before a restart, step by step.
  void Restore(const Manifest& step, const Roster& roster);
  // Begins anew after the close, for late chunks; the caller knows the chunks of the steps before.
  void Reopen(uint8_t next_step, uint8_t last_version);

  // kOk, when it has taken what the unit's aggregates hold; kDuplicate, kConflict.
  UnitStatus Take(UnitChunk& unit, RosterSlot slot);
  // The chunk is here, or was.
  bool Knows(RosterSlot slot, uint32_t chunk) const { return chunks_.contains(ChunkName(slot, chunk)); }
  // The chunk is named by a commit, and for good.
  bool IsCommitted(RosterSlot slot, uint32_t chunk) const;
  // Every main chunk of the instance is here.
  bool IsWhole(RosterSlot slot) const;

  // The main version is built, and nothing is left that a commit has to be made for.
  bool closed() const { return closed_; }
  // Closed partial, and kept so that it can be made whole.
  bool provisional() const { return provisional_; }
  bool has_late() const { return has_late_; }
  // Chunks that are merged in part only are awaited again after a restart.
  bool has_partly() const { return !partly_.empty(); }

  // Data of the series waits here for its main row.
  bool Withholds(Series* series) const;

  // Each builds the rows of one commit and forgets what they were made of. Late parts are part of every commit. Series
  // close early when they are covered and `may_pass`; the commit has no rows when none does.
  using MayPass = absl::FunctionRef<bool(Series*)>;
  WindowCommit CommitEarly(const WindowStanding& standing, const Roster& roster, MayPass may_pass);
  WindowCommit Close(const WindowStanding& standing, const Roster& roster);
  WindowCommit CommitLate(const Roster& roster);
  // Of a provisional window that lacks nothing any more: its partial rows again, whole, with the totals they had. What
  // came since grows the totals with the series' next rows, as late versions do.
  WindowCommit CommitSuperset(const Roster& roster);
  // A provisional window that will not be whole: what came since its close is late.
  void GiveUp();
  // Of the last commit: what is to be written of series is appended; a series may come twice, with equal totals.
  void TakeTotals(std::vector<SeriesTotal>& totals);

  size_t memory_bytes() const { return memory_bytes_; }
  // In chunks that no commit has named for good.
  uint64_t open_samples() const { return open_samples_; }
  uint8_t next_step() const { return next_step_; }
  uint8_t last_version() const { return last_version_; }
  // Every chunk that is committed, sorted: (slot, chunk, CRC).
  std::vector<CommittedChunk> CommittedChunks() const;

 private:
  using ChunkName = std::pair<RosterSlot, uint32_t>;
  struct Chunk {
    uint32_t crc32c = 0;
    uint32_t chunk_count = 0;
    uint64_t sample_count = 0;
    uint8_t stage = 0;
    bool named = false;      // by a commit
    bool committed = false;  // by a commit, for good
    bool since = false;      // came when the window was provisional
  };
  struct Part {
    explicit Part(AggregateMerger fresh) : merger(std::move(fresh)) {}
    AggregateMerger merger;
    RosterSlots contributors;
  };
  enum PartKind { kMain, kAfter, kLate, kSince, kWhole, kPartKinds };
  struct PartialRow {
    std::optional<RunningTotal> total;
    bool late = false;
  };
  struct SeriesState {
    std::array<std::unique_ptr<Part>, kPartKinds> parts;
    uint8_t stage = 0;                    // of its early close; 0: not emitted
    bool is_told = false;                 // its main row is out, and was not partial
    std::unique_ptr<PartialRow> partial;  // its main row is out, and was
  };
  using StateEntry = std::pair<Series*, SeriesState*>;

  void Merge(UnitChunk& unit, RosterSlot slot, uint8_t stage, bool is_late);
  SeriesState& StateOf(const SharedSeriesKey& key);
  template <class Value>
  void AddTo(SeriesState& state, PartKind kind, MetricType type, Value&& value, RosterSlot slot,
             const InstanceId& source);
  WindowCommit NewCommit(CloseKind kind) const;
  std::vector<StateEntry> StatesWith(PartKind kind);
  Row TakeRow(const StateEntry& entry, PartKind kind);
  void EmitMain(const StateEntry& entry, const WindowStanding& standing, const Roster& roster, WindowCommit& commit);
  void EmitWhole(const StateEntry& entry, WindowCommit& commit);
  void EmitVersion(PartKind kind, WindowCommit& commit);
  void DropPart(SeriesState& state, PartKind kind);
  size_t BytesOf(const Part& part) const;
  void CountTotal(Series* series, Row& row);
  void CountLate(Series* series, const Row& row);
  void Finish(const Roster& roster, WindowCommit& commit);
  void TakeEvents(const ChunkName& name, WindowCommit& commit);

  const IntervalIndex interval_;
  const PartitionId partition_;
  SeriesMemory& memory_;
  const WindowBookOptions& options_;

  absl::btree_map<ChunkName, Chunk> chunks_;
  absl::btree_map<ChunkName, Chunk> partly_;  // merged before a restart into what was emitted early
  absl::btree_map<RosterSlot, std::pair<uint32_t, uint32_t>> units_;  // main chunks: how many there are, how many here
  absl::btree_map<ChunkName, std::vector<Event>> events_;             // of chunks that are not committed
  absl::flat_hash_map<Series*, SeriesState> states_;
  absl::flat_hash_map<Hash128, uint8_t> emitted_;  // before a restart: stages of early closes
  std::vector<Series*> changed_;                   // by the commit that is being built

  bool closed_ = false;
  bool provisional_ = false;
  bool has_late_ = false;
  uint8_t stages_ = 0;  // early closes so far
  uint8_t next_step_ = 0;
  uint8_t last_version_ = 0;
  size_t memory_bytes_ = 0;
  uint64_t open_samples_ = 0;
};

}  // namespace tributary
