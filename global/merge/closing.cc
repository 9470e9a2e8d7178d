// The rules of closing, and the plans that come of them.
#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "global/merge/window_book_impl.h"

namespace tributary {
absl::Time WindowBook::Impl::EarlyDue(IntervalIndex index) const {
  return std::max(scale_.End(index), counting_from_) + options_.interval / 2;
}

// What is taken over has to be asked for first.
absl::Time WindowBook::Impl::Deadline(IntervalIndex index) const {
  const auto interval = intervals_.find(index);
  const absl::Time taken_over = interval == intervals_.end() ? absl::InfinitePast() : interval->second.taken_over;
  return std::max({scale_.End(index), counting_from_, taken_over}) + options_.hold * options_.interval;
}

WindowStanding WindowBook::Impl::StandingOf(const Interval& interval, PartitionId partition) const {
  const Reports& reports = interval.reports;
  WindowStanding standing;
  standing.missing.assign(reports.awaiting().begin(), reports.awaiting().end());
  if (reports.undelivered(partition) > 0) {
    const auto window = interval.windows.find(partition);
    for (const auto& [slot, nonempty] : reports.markers()) {
      const bool here = window != interval.windows.end() && window->second->IsWhole(slot);
      if (nonempty[partition] && !here) standing.missing.push_back(slot);
    }
    std::sort(standing.missing.begin(), standing.missing.end());
  }
  for (const RosterSlot slot : standing.missing) standing.missing_since.push_back(roster_.at(slot).first_interval);
  const size_t expected = reports.awaiting().size() + reports.markers().size();
  if (expected > 0) {
    standing.roster_coverage = 1 - static_cast<double>(standing.missing.size()) / static_cast<double>(expected);
  }
  return standing;
}

// Whether one of the missing still has time to come.
bool WindowBook::Impl::IsWaitedFor(absl::Time now, IntervalIndex index, const WindowStanding& standing) const {
  if (now >= Deadline(index)) return false;
  return std::any_of(standing.missing.begin(), standing.missing.end(), [&](RosterSlot slot) {
    return roster_.Holds(slot) || (!roster_.HasEnded(slot) && now < EarlyDue(index));
  });
}

bool WindowBook::Impl::IsOwned(const Interval& interval, PartitionId partition) const {
  return interval.owned[partition] || interval.taken[partition];
}

// A view of before a restart says what was owned, not what is. Who has left the views, but is there, may have units
// that proxies go on to bring here: at the deadline they are committed, or they would wait for ever. Should the heir
// have closed the window, too, readers take one of both.
bool WindowBook::Impl::MayCloseIncomplete(absl::Time now, IntervalIndex index, const Interval& interval,
                                          PartitionId partition) const {
  if (!options_.rules.confirms_ownership) return true;
  const bool is_last = interval.left[partition] && now >= Deadline(index);
  return view_heard_ && (IsOwned(interval, partition) || is_last);
}

// Whether rows of this window are still to come from here, so that later ones have to wait for them.
bool WindowBook::Impl::IsOutstanding(absl::Time now, IntervalIndex index, const Interval& interval,
                                     PartitionId partition) const {
  const auto window = interval.windows.find(partition);
  if (window != interval.windows.end()) {
    if (window->second->closed() || IsClosing({index, partition})) return false;
    return views_.empty() || IsOwned(interval, partition);
  }
  if (interval.sealed || !interval.owned[partition] || interval.closed.contains(partition)) return false;
  if (interval.reports.IsComplete(partition)) return false;
  return IsWaitedFor(now, index, StandingOf(interval, partition));
}

bool WindowBook::Impl::EarlierIsOutstanding(absl::Time now, IntervalIndex index, PartitionId partition) const {
  for (auto entry = intervals_.begin(); entry != intervals_.end() && entry->first < index; ++entry) {
    if (IsOutstanding(now, entry->first, entry->second, partition)) return true;
  }
  return false;
}

bool WindowBook::Impl::MayClose(absl::Time now, IntervalIndex index, const Interval& interval,
                                PartitionId partition) const {
  if (now < scale_.End(index)) return false;
  if (now < started_ + options_.interval / 2) return false;  // whom the disk does not know yet says Hello again first
  // What may have been taken over, by us or from us.
  const absl::Time since = interval.taken[partition] ? interval.taken_over : absl::InfinitePast();
  if (peers_heard_ < std::max(counting_from_, since)) return false;
  if (!options_.rules.roster_gate) return now >= EarlyDue(index);
  if (!interval.reports.IsComplete(partition)) {
    if (!MayCloseIncomplete(now, index, interval, partition)) return false;
    if (IsWaitedFor(now, index, StandingOf(interval, partition))) return false;
  }
  return !EarlierIsOutstanding(now, index, partition);
}

// Closes the window if it may be, and then those after it that waited for it.
void WindowBook::Impl::CheckWindow(absl::Time now, IntervalIndex index, PartitionId partition) {
  if (!warm_) return;
  for (auto entry = intervals_.find(index); entry != intervals_.end(); ++entry) {
    const auto window = entry->second.windows.find(partition);
    if (window == entry->second.windows.end() || IsClosing({entry->first, partition})) continue;
    if (window->second->closed()) {
      if (window->second->provisional()) MakeDue({entry->first, partition}, Due::kLate);
      continue;
    }
    if (!MayClose(now, entry->first, entry->second, partition)) return;
    MakeDue({entry->first, partition}, Due::kClose);
  }
}

void WindowBook::Impl::CheckAll(absl::Time now) {
  if (!warm_) return;
  for (const auto& [index, interval] : intervals_) {
    if (now < scale_.End(index)) return;
    for (const auto& [partition, window] : interval.windows) {
      if (IsClosing({index, partition})) continue;
      if (window->closed()) {
        if (window->provisional()) MakeDue({index, partition}, Due::kLate);
        continue;
      }
      if (MayClose(now, index, interval, partition)) MakeDue({index, partition}, Due::kClose);
    }
  }
}

// Each half interval: early closes and late versions.
void WindowBook::Impl::CheckDue(absl::Time now) {
  for (const auto& [index, interval] : intervals_) {
    for (const auto& [partition, window] : interval.windows) {
      if (window->has_late()) MakeDue({index, partition}, Due::kLate);
      if (window->closed() || now < EarlyDue(index) || !MayCloseIncomplete(now, index, interval, partition)) continue;
      MakeDue({index, partition}, Due::kEarly);
    }
  }
}

// Partial windows that agents have no more of, or that take the room of open ones, stay as they are.
void WindowBook::Impl::GiveUpProvisional(absl::Time now) {
  for (auto& [index, interval] : intervals_) {
    const bool too_old = index < scale_.At(now) - options_.retain;
    if (!too_old && open_bytes_ <= options_.memory_bytes / 2) return;
    std::vector<PartitionId> provisional;
    for (const auto& [partition, window] : interval.windows) {
      if (window->provisional()) provisional.push_back(partition);
    }
    for (const PartitionId partition : provisional) {
      Window& window = *interval.windows.at(partition);
      open_bytes_ -= window.memory_bytes();
      window.GiveUp();
      open_bytes_ += window.memory_bytes();
      if (window.has_late()) {
        MakeDue({index, partition}, Due::kLate);
      } else {
        ready_.erase({index, partition});  // it was to be looked at again
        Retire({index, partition});
      }
    }
  }
}

void WindowBook::Impl::Seal(absl::Time now) {
  if (views_.empty()) return;  // what is owned is not known yet
  for (; EarlyDue(sealed_through_ + 1) <= now; ++sealed_through_) {
    const auto entry = intervals_.find(sealed_through_ + 1);
    if (entry == intervals_.end()) continue;
    Interval& interval = entry->second;
    for (const auto& [partition, window] : interval.windows) {
      if (!window->closed() && IsOwned(interval, partition)) return;
    }
    for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
      if (IsOutstanding(now, entry->first, interval, static_cast<PartitionId>(partition))) return;
    }
    interval.sealed = true;
  }
}

// Asks instances again for what they announced and what has not come; each interval's once per interval.
void WindowBook::Impl::Pull(absl::Time now, WindowOutputs& out) {
  if (!options_.rules.pulls) return;
  for (auto& [index, interval] : intervals_) {
    if (now < EarlyDue(index)) return;
    if (now - interval.pulled < options_.interval) continue;
    if (interval.sealed && interval.windows.empty()) continue;
    std::vector<PartitionId> wanted;
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
      const auto partition = static_cast<PartitionId>(p);
      if (interval.reports.undelivered(partition) == 0 || interval.closed.contains(partition)) continue;
      const auto window = interval.windows.find(partition);
      const bool open =
          window != interval.windows.end() && (!window->second->closed() || window->second->provisional());
      if (open ? IsOwned(interval, partition) : interval.owned[partition] && !interval.sealed)
        wanted.push_back(partition);
    }
    if (wanted.empty()) continue;
    interval.pulled = now;
    for (const auto& [slot, nonempty] : interval.reports.markers()) {
      WindowOutputs::Pull pull{roster_.at(slot).instance, index, {}};
      for (const PartitionId partition : wanted) {
        const auto window = interval.windows.find(partition);
        const bool here = window != interval.windows.end() && window->second->IsWhole(slot);
        if (nonempty[partition] && !here) pull.partitions.push_back(partition);
      }
      if (pull.partitions.empty() || roster_.HasEnded(slot)) continue;
      counts_.pulls += pull.partitions.size();
      out.pulls.push_back(std::move(pull));
    }
  }
}

// The owner of a window that several have committed asks for what is in none of the sets that are read.
void WindowBook::Impl::PullMissing(absl::Time now, WindowOutputs& out) {
  if (!options_.rules.pulls) return;
  std::map<std::pair<InstanceId, IntervalIndex>, std::vector<PartitionId>> pulls;
  for (auto& [index, interval] : intervals_) {
    if (interval.missing.empty() || now - interval.pulled_missing < options_.interval) continue;
    if (index < scale_.At(now) - options_.retain) {
      interval.missing.clear();
      continue;
    }
    interval.pulled_missing = now;
    for (const auto& [partition, instances] : interval.missing) {
      if (!views_.empty() && !IsOwned(interval, partition)) continue;
      for (const InstanceId& instance : instances) pulls[{instance, index}].push_back(partition);
    }
  }
  for (auto& [name, partitions] : pulls) {
    counts_.pulls += partitions.size();
    out.pulls.push_back({name.first, name.second, std::move(partitions)});
  }
}

void WindowBook::Impl::MakeDue(WindowName name, Due due) {
  Due& known = ready_.try_emplace(name, due).first->second;
  known = std::max(known, due);
}

bool WindowBook::Impl::IsClosing(WindowName name) const {
  const auto ready = ready_.find(name);
  return ready != ready_.end() && ready->second == Due::kClose;
}

void WindowBook::Impl::MakePlan(absl::Time now, WindowOutputs& out) {
  if (!warm_ || plan_under_way_ || ready_.empty()) return;
  CommitPlan plan;
  size_t rows = 0;
  while (!ready_.empty() && rows < kMaxRowsPerPlan) {
    const auto [name, due] = *ready_.begin();
    std::optional<WindowCommit> commit = CommitOf(now, name, due);
    ready_.erase(name);
    if (!commit) continue;
    rows += commit->rows.size() + commit->events.size();
    AddToPlan(*std::move(commit), plan);
    Retire(name);
  }
  if (plan.windows.empty()) return;
  Finish(now, plan);
  out.commit = std::move(plan);
}

std::optional<WindowCommit> WindowBook::Impl::CommitOf(absl::Time now, WindowName name, Due due) {
  const Interval& interval = intervals_.at(name.first);
  Window& window = *interval.windows.at(name.second);
  WindowCommit commit;
  open_bytes_ -= window.memory_bytes();
  // Since it became due, somebody may have joined, or the ownership gone.
  if (due == Due::kClose && MayClose(now, name.first, interval, name.second)) {
    commit = window.Close(options_.rules.roster_gate ? StandingOf(interval, name.second) : WindowStanding(), roster_);
  } else if (due == Due::kEarly) {
    commit = EarlyCommitOf(now, name);
  } else if (window.provisional() && interval.reports.IsComplete(name.second)) {
    commit = window.CommitSuperset(roster_);
  } else if (window.has_late()) {
    commit = window.CommitLate(roster_);
  }
  open_bytes_ += window.memory_bytes();
  if (commit.manifest.chunks.empty() && commit.rows.empty() && !commit.manifest.closed) return std::nullopt;
  return commit;
}

// A series passes an earlier window when it has been emitted there, or when nothing of it is there and those it is
// expected from have reported.
WindowCommit WindowBook::Impl::EarlyCommitOf(absl::Time now, WindowName name) {
  struct Earlier {
    IntervalIndex index;
    const Window* window;
    bool due;
    WindowStanding standing;
  };
  std::vector<Earlier> earlier;
  for (auto entry = intervals_.begin(); entry->first < name.first; ++entry) {
    if (!IsOutstanding(now, entry->first, entry->second, name.second)) continue;
    const auto window = entry->second.windows.find(name.second);
    earlier.push_back({entry->first, window == entry->second.windows.end() ? nullptr : window->second.get(),
                       now >= EarlyDue(entry->first), StandingOf(entry->second, name.second)});
  }
  const Interval& interval = intervals_.at(name.first);
  return interval.windows.at(name.second)
      ->CommitEarly(StandingOf(interval, name.second), roster_, [&](Window::Series* series) {
        return std::all_of(earlier.begin(), earlier.end(), [&](const Earlier& before) {
          if (!before.due || (before.window != nullptr && before.window->Withholds(series))) return false;
          return CoverageOf(series->second, before.index, before.standing, options_) >= options_.coverage_bar;
        });
      });
}

void WindowBook::Impl::AddToPlan(WindowCommit commit, CommitPlan& plan) {
  const WindowName name(commit.interval, commit.partition);
  Window& window = *intervals_.at(name.first).windows.at(name.second);
  window.TakeTotals(plan.totals);
  for (const ManifestChunk& chunk : commit.manifest.chunks) {
    if (!commit.manifest.closed && chunk.chunk < kFirstLateChunk) continue;
    units_under_way_.push_back({chunk.instance, commit.interval, commit.partition, chunk.chunk});
    samples_under_way_ += chunk.sample_count;
  }
  windows_under_way_.insert(name);
  closes_under_way_.push_back(commit.kind);
  plan.windows.push_back(std::move(commit));
}

void WindowBook::Impl::Finish(absl::Time now, CommitPlan& plan) {
  plan.number = ++last_plan_;
  plan_under_way_ = true;
  plan.forgotten = std::exchange(forgotten_, {});
  if (roster_.revision() != written_revision_ || now - roster_written_ >= options_.interval) {
    plan.roster = roster_.Snapshot();
    written_revision_ = roster_.revision();
    roster_written_ = now;
  }
  if (!std::exchange(views_written_, true)) plan.views = views_.views();
  plan.sealed_through = sealed_through_;
}

// Keeps of a closed window what answers need.
void WindowBook::Impl::Retire(WindowName name) {
  Interval& interval = intervals_.at(name.first);
  const auto entry = interval.windows.find(name.second);
  Window& window = *entry->second;
  if (!window.closed() || window.has_partly() || window.provisional()) return;
  ClosedWindow& closed = interval.closed[name.second];
  const auto middle = static_cast<std::ptrdiff_t>(closed.chunks.size());
  const std::vector<CommittedChunk> added = window.CommittedChunks();
  closed.chunks.insert(closed.chunks.end(), added.begin(), added.end());
  std::inplace_merge(closed.chunks.begin(), closed.chunks.begin() + middle, closed.chunks.end(),
                     [](const CommittedChunk& a, const CommittedChunk& b) {
                       return std::pair(a.slot, a.chunk) < std::pair(b.slot, b.chunk);
                     });
  closed.chunks.shrink_to_fit();
  closed.next_step = window.next_step();
  closed.last_version = window.last_version();
  open_bytes_ -= window.memory_bytes();
  interval.windows.erase(entry);
}

void WindowBook::Impl::Take(const CommitDone& done, WindowOutputs& out) {
  if (!plan_under_way_ || done.number != last_plan_) return;
  plan_under_way_ = false;
  out.committed = std::exchange(units_under_way_, {});
  windows_under_way_.clear();
  counts_.samples_committed += std::exchange(samples_under_way_, 0);
  for (const CloseKind kind : std::exchange(closes_under_way_, {})) ++counts_.closes[static_cast<int>(kind)];
}

}  // namespace tributary
