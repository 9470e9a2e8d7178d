#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "global/merge/reports.h"
#include "global/merge/roster.h"
#include "global/merge/series_memory.h"
#include "global/merge/window.h"
#include "global/merge/window_book.h"

namespace tributary {

// Inside of WindowBook. window_book.cc takes inputs, closing.cc has the rules of closing and builds the plans.
class WindowBook::Impl {
 public:
  Impl(WindowBookOptions options, WindowBookState state, absl::Time now);

  void Take(absl::Time now, AgentHello hello, WindowOutputs& out);
  void Take(absl::Time now, const AgentGoodbye& goodbye);
  void Take(absl::Time now, const AgentMarker& marker, WindowOutputs& out);
  void Take(absl::Time now, UnitChunk& unit, WindowOutputs& out);
  void Take(absl::Time now, View view);
  void Take(absl::Time now, const WindowContest& contest, WindowOutputs& out);
  void Take(absl::Time now, const std::vector<RosterEntry>& roster);
  void Take(absl::Time now, Tick tick, WindowOutputs& out);
  void Take(const CommitDone& done, WindowOutputs& out);
  // One step: takes an input, then makes a plan when there is something ready and none under way.
  template <class TakeInput>
  WindowOutputs Run(absl::Time now, TakeInput take) {
    NoticePause(now);
    WindowOutputs out;
    take(out);
    MakePlan(now, out);
    return out;
  }

  void SetExpectedAgents(int agents) { expected_agents_ = agents; }

  bool idle() const { return ready_.empty() && !plan_under_way_; }
  bool warm() const { return warm_; }
  WindowBookStats stats() const;
  const Roster& roster() const { return roster_; }
  std::map<IntervalIndex, std::bitset<kPartitionCount>> OpenWindows() const;
  IntervalIndex floor() const { return floor_; }

 private:
  // What is to be done with a window at the next plan; a larger one includes the smaller.
  enum class Due : uint8_t { kLate, kEarly, kClose };
  // What remains of a window that is closed.
  struct ClosedWindow {
    std::vector<CommittedChunk> chunks;  // sorted by (slot, chunk)
    uint8_t next_step = 0;
    uint8_t last_version = 0;
  };
  struct Interval {
    Reports reports;
    absl::btree_map<PartitionId, std::unique_ptr<Window>> windows;
    absl::btree_map<PartitionId, ClosedWindow> closed;
    std::bitset<kPartitionCount> owned;  // by the view in force
    std::bitset<kPartitionCount> taken;  // by the newest view, from an owner that is in it no more
    std::bitset<kPartitionCount> left;   // owned by the view in force, and this node is in the newest no more
    bool sealed = false;                 // nothing of what is owned is outstanding
    absl::Time pulled = absl::InfinitePast();
    absl::Time pulled_missing = absl::InfinitePast();
    absl::Time taken_over = absl::InfinitePast();            // since when something of it is `taken`
    std::map<PartitionId, std::vector<InstanceId>> missing;  // in what is read, though it was committed somewhere
  };

  void Restore(WindowBookState state, absl::Time now);
  void NoticePause(absl::Time now);
  Interval& IntervalAt(IntervalIndex index);
  void FindOwned(absl::Time now, IntervalIndex index, Interval& interval) const;
  UnitStatus TakeUnit(absl::Time now, UnitChunk& unit, bool& committed);
  std::optional<UnitStatus> AnswerFromClosed(const Interval& interval, const UnitChunk& unit, RosterSlot slot) const;
  UnitStatus Merge(absl::Time now, Interval& interval, UnitChunk& unit, RosterSlot slot);
  bool HasRoom(IntervalIndex index) const;
  void HalfTick(absl::Time now, WindowOutputs& out);
  void ForgetOld(absl::Time now);
  void Drop(std::map<IntervalIndex, Interval>::iterator interval);
  void Abandon(WindowName name, Interval& interval, std::vector<CommittedChunk> read, WindowOutputs& out);
  uint64_t HistoryBytes() const;

  // closing.cc
  // Waits count from the interval's end, or from our own start if that is later.
  absl::Time EarlyDue(IntervalIndex index) const;
  absl::Time Deadline(IntervalIndex index) const;
  WindowStanding StandingOf(const Interval& interval, PartitionId partition) const;
  bool IsWaitedFor(absl::Time now, IntervalIndex index, const WindowStanding& standing) const;
  bool IsOwned(const Interval& interval, PartitionId partition) const;
  bool MayCloseIncomplete(absl::Time now, IntervalIndex index, const Interval& interval, PartitionId partition) const;
  bool IsOutstanding(absl::Time now, IntervalIndex index, const Interval& interval, PartitionId partition) const;
  bool EarlierIsOutstanding(absl::Time now, IntervalIndex index, PartitionId partition) const;
  bool MayClose(absl::Time now, IntervalIndex index, const Interval& interval, PartitionId partition) const;
  void CheckWindow(absl::Time now, IntervalIndex index, PartitionId partition);
  void CheckAll(absl::Time now);
  void CheckDue(absl::Time now);
  void GiveUpProvisional(absl::Time now);
  void Seal(absl::Time now);
  void MakePlan(absl::Time now, WindowOutputs& out);
  void Pull(absl::Time now, WindowOutputs& out);
  void PullMissing(absl::Time now, WindowOutputs& out);
  void MakeDue(WindowName name, Due due);
  bool IsClosing(WindowName name) const;
  std::optional<WindowCommit> CommitOf(absl::Time now, WindowName name, Due due);
  WindowCommit EarlyCommitOf(absl::Time now, WindowName name);
  void AddToPlan(WindowCommit commit, CommitPlan& plan);
  void Finish(absl::Time now, CommitPlan& plan);
  void Retire(WindowName name);

  const WindowBookOptions options_;
  int expected_agents_;
  const IntervalScale scale_;
  Roster roster_;
  SeriesMemory series_;
  ViewHistory views_;
  std::map<IntervalIndex, Interval> intervals_;

  bool view_heard_ = false;  // since the start
  bool views_written_ = true;
  absl::Time started_;
  absl::Time counting_from_;  // waits and silence
  absl::Time last_step_;
  int64_t last_half_ = 0;  // number of the last half interval
  bool warm_ = false;
  absl::Time peers_heard_ = absl::InfiniteFuture();  // what others had committed then is known
  IntervalIndex floor_ = 0;                          // what is older is not taken
  IntervalIndex sealed_through_ = 0;
  IntervalIndex last_forgetting_ = 0;

  std::map<WindowName, Due> ready_;
  std::vector<SeriesKey> forgotten_;
  uint64_t last_plan_ = 0;
  bool plan_under_way_ = false;
  std::set<WindowName> windows_under_way_;
  std::vector<UnitName> units_under_way_;
  uint64_t samples_under_way_ = 0;
  std::vector<CloseKind> closes_under_way_;
  uint64_t written_revision_ = UINT64_MAX;  // of the roster
  absl::Time roster_written_ = absl::InfinitePast();

  uint64_t open_bytes_ = 0;
  WindowBookStats counts_;
};

}  // namespace tributary
