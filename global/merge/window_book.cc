#include "global/merge/window_book.h"

#include <algorithm>
#include <tuple>

#include "global/merge/window_book_impl.h"

namespace tributary {
namespace {

Roster::Options RosterOptions(const WindowBookOptions& options) {
  Roster::Options roster;
  roster.silent = 2.5 * options.interval;  // two markers are missed, and half an interval for their way
  roster.lease = options.lease * options.interval;
  // A slot is given away only after everything that names it is beyond the horizon.
  roster.keep_ended = (options.horizon + 3) * options.interval;
  roster.forget_lost = std::max(options.forget_lost * options.interval, roster.keep_ended);
  return roster;
}

bool IsWellNamed(const UnitChunk& unit) {
  if (unit.partition >= kPartitionCount) return false;
  return unit.chunk_count == 0 ? unit.chunk >= kFirstLateChunk : unit.chunk < unit.chunk_count;
}

}  // namespace

WindowBook::Impl::Impl(WindowBookOptions options, WindowBookState state, absl::Time now)
    : options_(std::move(options)),
      expected_agents_(options_.expected_agents),
      scale_(options_.interval),
      roster_(RosterOptions(options_)),
      series_(options_.max_series),
      started_(now),
      counting_from_(now),
      last_step_(now),
      last_half_((now - absl::UnixEpoch()) / (options_.interval / 2)),
      floor_(scale_.At(now) - options_.horizon),
      last_forgetting_(scale_.At(now)) {
  Restore(std::move(state), now);
}

void WindowBook::Impl::Restore(WindowBookState state, absl::Time now) {
  roster_.Resume(now);
  for (const RosterEntry& entry : state.roster) {
    if (now - entry.last_heard > options_.forget_lost * options_.interval) continue;
    warm_ |= now - entry.last_heard <= options_.lease * options_.interval;
    roster_.Join(entry);
  }
  for (View& view : state.views) views_.Add(std::move(view));
  sealed_through_ = std::max(state.sealed_through.value_or(floor_ - 1), floor_ - 1);
  for (const SeriesTotal& total : state.totals) series_.Restore(total);
  for (const auto& [name, steps] : state.manifests) {
    if (name.first < floor_) continue;
    auto window = std::make_unique<Window>(name.first, name.second, series_, options_);
    for (const Manifest& step : steps) window->Restore(step, roster_);
    IntervalAt(name.first).windows[name.second] = std::move(window);
    Retire(name);
  }
  if (state.sealed_through) {
    for (IntervalIndex index = sealed_through_ + 1; index <= scale_.At(now); ++index) IntervalAt(index);
  }
}

WindowBook::Impl::Interval& WindowBook::Impl::IntervalAt(IntervalIndex index) {
  const auto known = intervals_.find(index);
  if (known != intervals_.end()) return known->second;
  Interval& interval = intervals_[index];
  for (const RosterSlot slot : roster_.slots()) {
    if (roster_.IsAwaitedAt(slot, index)) interval.reports.Await(slot);
  }
  interval.sealed = index <= sealed_through_;
  FindOwned(last_step_, index, interval);
  return interval;
}

void WindowBook::Impl::FindOwned(absl::Time now, IntervalIndex index, Interval& interval) const {
  const auto taken_before = interval.taken;
  interval.owned.reset();
  interval.taken.reset();
  interval.left.reset();
  if (views_.empty()) return;
  const std::vector<Member>& newest = views_.newest()->members;
  const auto is_present = [&](const Member& member) {
    return std::any_of(newest.begin(), newest.end(), [&](const Member& other) { return other.id == member.id; });
  };
  const Assignment* then = views_.AssignmentAt(index);
  const Assignment* newest_owners = views_.AssignmentAt(INT64_MAX);
  for (uint32_t p = 0; p < kPartitionCount; ++p) {
    const auto partition = static_cast<PartitionId>(p);
    const Member* owner = then->OwnerOf(partition);
    if (owner != nullptr && is_present(*owner)) {
      interval.owned[p] = owner->id == options_.node_id;
    } else if (const Member* heir = newest_owners->OwnerOf(partition)) {
      interval.taken[p] = heir->id == options_.node_id;
      interval.left[p] = owner != nullptr && owner->id == options_.node_id;
    }
  }
  if ((interval.taken & ~taken_before).any()) interval.taken_over = now;
}

void WindowBook::Impl::Take(absl::Time now, AgentHello hello, WindowOutputs& out) {
  const auto slot = roster_.Join({hello.instance, hello.host, hello.first_interval, std::nullopt, now});
  if (!slot) {
    ++counts_.roster_refused;
    return;
  }
  roster_.Hear(*slot, now);
  for (auto& [index, interval] : intervals_) {
    if (roster_.IsAwaitedAt(*slot, index)) interval.reports.Await(*slot);
  }
  if (hello.supersedes && *hello.supersedes != hello.instance) {
    if (const auto before = roster_.Find(*hello.supersedes)) {
      roster_.Bury(*before, hello.first_interval);
      for (auto& [index, interval] : intervals_) {
        if (!roster_.IsAwaitedAt(*before, index)) interval.reports.StopAwaiting(*before);
      }
      CheckAll(now);
    }
  }
  // Whatever is within the horizon may be asked for again: by the next owner, or after a loss of the disk.
  out.welcomes.push_back({hello.instance, floor_ - 1});
}

void WindowBook::Impl::Take(absl::Time now, const AgentGoodbye& goodbye) {
  const auto slot = roster_.Find(goodbye.instance);
  if (!slot) return;
  roster_.Hear(*slot, now);
  roster_.Leave(*slot, goodbye.final_interval);
  for (auto& [index, interval] : intervals_) interval.reports.StopAwaiting(*slot);
  CheckAll(now);
}

void WindowBook::Impl::Take(absl::Time now, const AgentMarker& marker, WindowOutputs& out) {
  const auto slot = roster_.Find(marker.instance);
  if (!slot || marker.interval > scale_.At(now) + options_.horizon) return;
  roster_.Hear(*slot, now);
  out.markers.emplace_back(marker.instance, marker.interval);
  if (marker.interval < floor_) return;
  Interval& interval = IntervalAt(marker.interval);
  const auto is_here = [&](PartitionId partition) {
    const auto window = interval.windows.find(partition);
    return window != interval.windows.end() && window->second->IsWhole(*slot);
  };
  if (!interval.reports.TakeMarker(*slot, marker.nonempty, is_here)) return;
  if (interval.reports.awaiting().empty()) CheckAll(now);
}

void WindowBook::Impl::Take(absl::Time now, UnitChunk& unit, WindowOutputs& out) {
  const UnitName name{unit.instance, unit.interval, unit.partition, unit.chunk};
  bool committed = false;
  const UnitStatus status = TakeUnit(now, unit, committed);
  ++counts_.units[static_cast<int>(status)];
  if (committed) {
    out.committed.push_back(name);
  } else {
    out.received.emplace_back(name, status);
  }
}

UnitStatus WindowBook::Impl::TakeUnit(absl::Time now, UnitChunk& unit, bool& committed) {
  const auto slot = roster_.Find(unit.instance);
  if (!slot) return UnitStatus::kUnavailable;
  roster_.Hear(*slot, now);
  if (!IsWellNamed(unit)) return UnitStatus::kInvalid;
  if (unit.interval > scale_.At(now) + 1) return UnitStatus::kTooNew;
  if (unit.interval < floor_) return UnitStatus::kTooOld;

  Interval& interval = IntervalAt(unit.interval);
  const WindowName window_name(unit.interval, unit.partition);
  const uint32_t chunk = unit.chunk;
  UnitStatus status;
  if (const auto known = AnswerFromClosed(interval, unit, *slot)) {
    status = *known;
    committed = status == UnitStatus::kDuplicate;
  } else {
    status = Merge(now, interval, unit, *slot);
    const auto window = interval.windows.find(window_name.second);
    committed = status == UnitStatus::kDuplicate && window->second->IsCommitted(*slot, chunk);
  }
  committed = committed && !windows_under_way_.contains(window_name);
  return status;
}

std::optional<UnitStatus> WindowBook::Impl::AnswerFromClosed(const Interval& interval, const UnitChunk& unit,
                                                             RosterSlot slot) const {
  const auto closed = interval.closed.find(unit.partition);
  if (closed == interval.closed.end() || !options_.rules.manifests) return std::nullopt;
  const auto& chunks = closed->second.chunks;
  const auto known = std::lower_bound(
      chunks.begin(), chunks.end(), std::pair(slot, unit.chunk),
      [](const CommittedChunk& a, const std::pair<RosterSlot, uint32_t>& b) { return std::pair(a.slot, a.chunk) < b; });
  if (known == chunks.end() || known->slot != slot || known->chunk != unit.chunk) return std::nullopt;
  return known->crc32c == unit.crc32c ? UnitStatus::kDuplicate : UnitStatus::kConflict;
}

UnitStatus WindowBook::Impl::Merge(absl::Time now, Interval& interval, UnitChunk& unit, RosterSlot slot) {
  const IntervalIndex index = unit.interval;
  const PartitionId partition = unit.partition;
  const uint64_t samples = unit.sample_count;
  auto entry = interval.windows.find(partition);
  if (!HasRoom(index) && (entry == interval.windows.end() || !entry->second->Knows(slot, unit.chunk))) {
    return UnitStatus::kBusy;
  }
  if (entry == interval.windows.end()) {
    entry = interval.windows.emplace(partition, std::make_unique<Window>(index, partition, series_, options_)).first;
    const auto closed = interval.closed.find(partition);
    if (closed != interval.closed.end()) entry->second->Reopen(closed->second.next_step, closed->second.last_version);
  }
  Window& window = *entry->second;
  const bool was_whole = window.IsWhole(slot);
  open_bytes_ -= window.memory_bytes();
  const UnitStatus status = window.Take(unit, slot);
  open_bytes_ += window.memory_bytes();
  if (status != UnitStatus::kOk) return status;
  counts_.samples_accepted += samples;
  if ((!window.closed() || window.provisional()) && !was_whole && window.IsWhole(slot)) {
    interval.reports.TakeUnit(slot, partition);
    if (interval.reports.IsComplete(partition)) CheckWindow(now, index, partition);
  }
  return status;
}

// The oldest open interval may go a quarter beyond the bound: it has to be completed before anything is freed.
bool WindowBook::Impl::HasRoom(IntervalIndex index) const {
  if (open_bytes_ < options_.memory_bytes) return true;
  if (open_bytes_ >= options_.memory_bytes + options_.memory_bytes / 4) return false;
  const auto oldest = std::find_if(intervals_.begin(), intervals_.end(),
                                   [](const auto& entry) { return !entry.second.windows.empty(); });
  return oldest != intervals_.end() && index <= oldest->first;
}

// Whatever comes first after a pause, a tick or not, must not be judged by deadlines that passed meanwhile.
void WindowBook::Impl::NoticePause(absl::Time now) {
  if (now - last_step_ > options_.interval) {
    counting_from_ = now;
    roster_.Resume(now);
  }
  last_step_ = now;
}

void WindowBook::Impl::Take(absl::Time now, View view) {
  view_heard_ = true;
  if (!views_.Add(std::move(view))) return;
  views_written_ = false;
  for (auto& [index, interval] : intervals_) FindOwned(now, index, interval);
  CheckAll(now);
}

// What is read of a window, here or elsewhere, is what is answered for.
void WindowBook::Impl::Take(absl::Time now, const WindowContest& contest, WindowOutputs& out) {
  if (contest.interval < floor_ || contest.interval > scale_.At(now) + options_.horizon) return;
  const WindowName name(contest.interval, contest.partition);
  Interval& interval = IntervalAt(name.first);
  std::vector<CommittedChunk> read;
  for (const WindowContest::Chunk& chunk : contest.read) {
    if (const auto slot = roster_.Find(chunk.instance)) read.push_back({chunk.chunk, chunk.crc32c, *slot});
  }
  std::sort(read.begin(), read.end(), [](const CommittedChunk& a, const CommittedChunk& b) {
    return std::pair(a.slot, a.chunk) < std::pair(b.slot, b.chunk);
  });
  if (contest.missing.empty()) {
    interval.missing.erase(name.second);
  } else {
    interval.missing[name.second] = contest.missing;
  }
  const auto window = interval.windows.find(name.second);
  if (window != interval.windows.end() && (!window->second->closed() || window->second->provisional())) {
    if (!contest.main_is_elsewhere || windows_under_way_.contains(name)) return;
    Abandon(name, interval, std::move(read), out);
    return CheckWindow(now, name.first, name.second);
  }
  const auto closed = interval.closed.find(name.second);
  if (closed != interval.closed.end()) {
    closed->second.chunks = std::move(read);
  } else if (contest.main_is_elsewhere) {
    interval.closed[name.second].chunks = std::move(read);
  }
}

// What of it is not read elsewhere is asked for again, and comes late.
void WindowBook::Impl::Abandon(WindowName name, Interval& interval, std::vector<CommittedChunk> read,
                               WindowOutputs& out) {
  const auto entry = interval.windows.find(name.second);
  const Window& window = *entry->second;
  std::vector<InstanceId>& missing = interval.missing[name.second];
  for (const auto& [slot, chunk] : window.ChunkNames()) {
    const InstanceId instance = roster_.at(slot).instance;
    const bool is_read = std::any_of(
        read.begin(), read.end(),
        [slot = slot, chunk = chunk](const CommittedChunk& each) { return each.slot == slot && each.chunk == chunk; });
    if (is_read) {
      out.committed.push_back({instance, name.first, name.second, chunk});
    } else {
      missing.push_back(instance);
    }
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  counts_.samples_dropped += window.open_samples();
  ++counts_.windows_left;
  open_bytes_ -= window.memory_bytes();
  ready_.erase(name);
  interval.closed[name.second] = {std::move(read), window.next_step(), window.last_version()};
  interval.windows.erase(entry);
}

void WindowBook::Impl::Take(absl::Time now, const std::vector<RosterEntry>& roster) {
  if (warm_) return;
  for (const RosterEntry& entry : roster) {
    if (now - entry.last_heard > options_.forget_lost * options_.interval) continue;
    const auto slot = roster_.Join(entry);
    if (!slot) return;
    warm_ |= now - entry.last_heard <= options_.lease * options_.interval;
    for (auto& [index, interval] : intervals_) {
      if (roster_.IsAwaitedAt(*slot, index)) interval.reports.Await(*slot);
    }
  }
}

std::map<IntervalIndex, std::bitset<kPartitionCount>> WindowBook::Impl::OpenWindows() const {
  std::map<IntervalIndex, std::bitset<kPartitionCount>> open;
  for (const auto& [index, interval] : intervals_) {
    for (const auto& [partition, window] : interval.windows) {
      if (!window->closed() || window->provisional()) open[index].set(partition);
    }
  }
  return open;
}

void WindowBook::Impl::Take(absl::Time now, Tick tick, WindowOutputs& out) {
  peers_heard_ = tick.peers_heard;
  const IntervalIndex first = std::max({sealed_through_ + 1, scale_.At(started_), scale_.At(now) - options_.horizon});
  for (IntervalIndex index = first; index <= scale_.At(now); ++index) IntervalAt(index);
  const int64_t half = (now - absl::UnixEpoch()) / (options_.interval / 2);
  if (half <= last_half_) return;
  last_half_ = half;
  HalfTick(now, out);
}

void WindowBook::Impl::HalfTick(absl::Time now, WindowOutputs& out) {
  for (const RosterSlot slot : roster_.Advance(now)) {
    for (auto& [index, interval] : intervals_) interval.reports.StopAwaiting(slot);
  }
  if (!warm_) {
    int agents = 0;
    for (const RosterSlot slot : roster_.slots()) {
      // One that has ended and its successor are one agent.
      agents += !roster_.HasEnded(slot) && roster_.at(slot).last_heard >= started_ ? 1 : 0;
    }
    const bool all_here = expected_agents_ > 0 && agents >= expected_agents_;
    warm_ = all_here || !options_.rules.cold_wait || now - started_ >= options_.cold_wait * options_.interval;
  }
  GiveUpProvisional(now);
  ForgetOld(now);
  Pull(now, out);
  PullMissing(now, out);
  if (!warm_) return;
  CheckAll(now);
  CheckDue(now);
  Seal(now);
}

void WindowBook::Impl::ForgetOld(absl::Time now) {
  floor_ = std::max(floor_, scale_.At(now) - options_.horizon);
  while (!intervals_.empty() && intervals_.begin()->first < floor_) Drop(intervals_.begin());
  uint64_t history = HistoryBytes();
  while (history > options_.history_bytes && intervals_.begin()->second.sealed &&
         intervals_.begin()->second.windows.empty()) {
    floor_ = intervals_.begin()->first + 1;
    Drop(intervals_.begin());
    history = HistoryBytes();
  }
  counts_.history_bytes = history;
  if (scale_.At(now) - last_forgetting_ < options_.forget_series / 24) return;
  last_forgetting_ = scale_.At(now);
  const std::vector<SeriesKey> keys = series_.ForgetBefore(last_forgetting_ - options_.forget_series);
  forgotten_.insert(forgotten_.end(), keys.begin(), keys.end());
}

void WindowBook::Impl::Drop(std::map<IntervalIndex, Interval>::iterator interval) {
  for (const auto& [partition, window] : interval->second.windows) {
    counts_.samples_dropped += window->open_samples();
    open_bytes_ -= window->memory_bytes();
    ready_.erase({interval->first, partition});
  }
  intervals_.erase(interval);
}

uint64_t WindowBook::Impl::HistoryBytes() const {
  uint64_t bytes = 0;
  for (const auto& [index, interval] : intervals_) {
    bytes += interval.reports.memory_bytes();
    for (const auto& [partition, closed] : interval.closed) {
      bytes += sizeof closed + closed.chunks.capacity() * sizeof(CommittedChunk);
    }
  }
  return bytes;
}

WindowBookStats WindowBook::Impl::stats() const {
  WindowBookStats stats = counts_;
  for (const RosterSlot slot : roster_.slots()) ++stats.roster[static_cast<int>(roster_.at(slot).state)];
  stats.samples_open = samples_under_way_;
  for (const auto& [index, interval] : intervals_) {
    stats.open_windows += interval.windows.size();
    for (const auto& [partition, window] : interval.windows) {
      stats.samples_open += window->open_samples();
      stats.provisional_windows += window->provisional() ? 1 : 0;
    }
  }
  stats.open_bytes = open_bytes_;
  stats.series = series_.size();
  stats.series_refused = series_.refused();
  stats.sealed_through = sealed_through_;
  return stats;
}

WindowBook::WindowBook(WindowBookOptions options, WindowBookState state, absl::Time now)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(state), now)) {}
WindowBook::~WindowBook() = default;

void WindowBook::SetExpectedAgents(int agents) { impl_->SetExpectedAgents(agents); }

WindowOutputs WindowBook::Step(absl::Time now, AgentHello hello) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(now, std::move(hello), out); });
}

WindowOutputs WindowBook::Step(absl::Time now, AgentGoodbye goodbye) {
  return impl_->Run(now, [&](WindowOutputs&) { impl_->Take(now, goodbye); });
}

WindowOutputs WindowBook::Step(absl::Time now, AgentMarker marker) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(now, marker, out); });
}

WindowOutputs WindowBook::Step(absl::Time now, UnitChunk&& unit) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(now, unit, out); });
}

WindowOutputs WindowBook::Step(absl::Time now, View view) {
  return impl_->Run(now, [&](WindowOutputs&) { impl_->Take(now, std::move(view)); });
}

WindowOutputs WindowBook::Step(absl::Time now, const WindowContest& contest) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(now, contest, out); });
}

WindowOutputs WindowBook::Step(absl::Time now, const std::vector<RosterEntry>& roster) {
  return impl_->Run(now, [&](WindowOutputs&) { impl_->Take(now, roster); });
}

WindowOutputs WindowBook::Step(absl::Time now, Tick tick) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(now, tick, out); });
}

WindowOutputs WindowBook::Step(absl::Time now, CommitDone done) {
  return impl_->Run(now, [&](WindowOutputs& out) { impl_->Take(done, out); });
}

bool WindowBook::idle() const { return impl_->idle(); }
bool WindowBook::warm() const { return impl_->warm(); }
WindowBookStats WindowBook::stats() const { return impl_->stats(); }
std::vector<RosterEntry> WindowBook::roster() const { return impl_->roster().Snapshot(); }
uint64_t WindowBook::roster_revision() const { return impl_->roster().revision(); }
std::map<IntervalIndex, std::bitset<kPartitionCount>> WindowBook::open_windows() const { return impl_->OpenWindows(); }
IntervalIndex WindowBook::floor() const { return impl_->floor(); }

}  // namespace tributary
