// The part of a ledger that is on disk.
#include <algorithm>
#include <utility>

#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "local/forward/unit_ledger.h"

namespace tributary {

namespace {

// A group is at most about that part of memory, so that there is room for one beside what is live.
constexpr size_t kGroupShare = 8;

}  // namespace

void UnitLedger::Inherit(absl::Time now, const Legacy& legacy) {
  uint64_t samples = 0;
  for (const Legacy::Group& left : legacy.groups) {
    groups_[left.id] = {left.interval, false, left.block_count, left.sample_count, 0, left.bytes, {}};
    unloaded_.insert(left.id);
    samples += left.sample_count;
    counts_.units_closed += left.block_count;
    counts_.spooled_bytes += left.bytes;
  }
  counts_.samples_accepted = counts_.samples_inherited = samples + legacy.lost_samples;
  counts_.samples_pending = counts_.samples_spooled = samples;
  CountDropped(0, legacy.lost_samples, UnitDrop::kSpoolLost);
  InheritMarkers(now, legacy);
  // All of it is backfill.
  newest_closed_ = kMaxInterval;

  inherited_ = newest_marker_.books();
  uint64_t known = inherited_.local() + counts_.samples_accepted;
  for (const v1::Drop& drop : inherited_.dropped()) known += drop.sample_count();
  inherited_.set_accepted(std::max(inherited_.accepted(), known));
  inherited_.set_committed(inherited_.accepted() - known);
  inherited_.set_pending(0);
}

// Owners have the others: they come before everything that is left, and before the last ones sent.
void UnitLedger::InheritMarkers(absl::Time now, const Legacy& legacy) {
  if (legacy.markers.empty()) return;
  newest_marker_ = legacy.markers.back();
  IntervalIndex first = newest_marker_.interval() - kUnansweredIntervals;
  for (const Legacy::Group& left : legacy.groups) first = std::min(first, left.interval);
  for (const v1::Marker& marker : legacy.markers) {
    if (marker.interval() >= first) markers_.Add(now, marker);
  }
}

void UnitLedger::SpillAll(IntervalIndex final_interval) {
  if (spool_ == nullptr) return;
  std::set<BlockName> names;
  for (const auto& [name, entry] : entries_) {
    if (entry.group == 0 && !entry.was_committed) names.insert(name);
  }
  SpoolNew(names);
  for (const auto& [id, group] : groups_) {
    if (!group.in_memory) continue;
    counts_.samples_spooled += group.sample_count;
  }
  *newest_marker_.mutable_books() = MakeBooks();
  NoteMarker();
  spool_->NoteGoodbye(final_interval);
}

void UnitLedger::NoteMarker() {
  if (spool_ == nullptr || newest_marker_.interval() == 0) return;
  noted_samples_ = counts_.samples_pending + finished_in_groups_;
  spool_->NoteMarker(newest_marker_, noted_samples_);
}

// So that a successor does not take for lost what was committed.
void UnitLedger::NoteProgress() {
  if (counts_.samples_pending > 0 || noted_samples_ == 0) return;
  *newest_marker_.mutable_books() = MakeBooks();
  NoteMarker();
}

void UnitLedger::SpoolNew(const std::set<BlockName>& names) {
  for (auto from = names.begin(); from != names.end();) {
    if (AppendGroup(names, from) == 0) return;
  }
}

// Writes what follows `from`, as much as a group holds, and moves `from` behind it. 0: it was not written.
GroupId UnitLedger::AppendGroup(const std::set<BlockName>& names, std::set<BlockName>::const_iterator& from) {
  Group group;
  group.in_memory = true;
  group.interval = from->interval;
  std::vector<v1::Block> blocks;
  size_t payload_bytes = 0;
  auto to = from;
  for (; to != names.end() && blocks.size() < kMaxGroupBlocks; ++to) {
    const Entry& entry = entries_.at(*to);
    if (entry.group != 0) break;
    payload_bytes += entry.block.payload().size();
    const bool full = payload_bytes > kMaxPayloadBytes || group.bytes >= options_.memory_bytes / kGroupShare;
    if (!blocks.empty() && full) break;
    group.block_count += 1;
    group.sample_count += entry.block.sample_count();
    group.bytes += BytesOf(entry.block);
    blocks.push_back(entry.block);
  }
  const std::optional<GroupId> id = spool_->Append(UnitSpool::Use::kPending, blocks);
  if (!id) return 0;
  for (const v1::Block& block : blocks) entries_.at(NameOf(block)).group = *id;
  groups_[*id] = std::move(group);
  from = to;
  return *id;
}

bool UnitLedger::SpillOldest() {
  auto oldest = untaken_.cbegin();
  GroupId id = entries_.at(*oldest).group;
  if (id == 0) id = AppendGroup(untaken_, oldest);
  if (id == 0) return false;
  Unload(id);
  return true;
}

// Whatever of it is under way is sent once more when it is back, and counts once by its name.
void UnitLedger::Unload(GroupId id) {
  Group& group = groups_.at(id);
  for (auto it = entries_.lower_bound({group.interval, 0, 0}); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->second.group == id) {
      counts_.pending_bytes -= BytesOf(it->second.block);
      Leave(it);
      untaken_.erase(it->first);
      entries_.erase(it);
    }
    it = next;
  }
  group.in_memory = false;
  unloaded_.insert(id);
  counts_.samples_spooled += group.sample_count;
  counts_.spooled_bytes += group.bytes;
}

// Never so much that it goes back at the next close.
void UnitLedger::Load(absl::Time now) {
  while (!unloaded_.empty() && !views_.empty()) {
    const GroupId oldest = *unloaded_.begin();
    const bool fits = counts_.pending_bytes + groups_.at(oldest).bytes <= options_.memory_bytes / 4 * 3;
    if (!fits && counts_.pending_bytes > 0) return;
    LoadGroup(now, oldest);
  }
}

void UnitLedger::LoadGroup(absl::Time now, GroupId id) {
  Group& group = groups_.at(id);
  std::vector<v1::Block> blocks = spool_->Read(id);
  uint64_t count = 0;
  uint64_t samples = 0;
  group.in_memory = true;
  unloaded_.erase(id);
  counts_.samples_spooled -= group.sample_count;
  counts_.spooled_bytes -= group.bytes;
  for (v1::Block& block : blocks) {
    const BlockName name = NameOf(block);
    if (group.finished.contains(name) || entries_.contains(name)) continue;
    count += 1;
    samples += block.sample_count();
    counts_.pending_bytes += BytesOf(block);
    untaken_.insert(name);
    const auto it = Insert(std::move(block), now);
    it->second.group = id;
    MakeReady(it);
  }
  if (count < group.block_count) {
    const uint64_t lost = group.sample_count - std::min(samples, group.sample_count);
    CountDropped(group.block_count - count, lost, UnitDrop::kSpoolLost);
    counts_.samples_pending -= lost;
    group.block_count = count;
    group.sample_count -= lost;
  }
  if (count == 0) {
    finished_in_groups_ -= group.finished_count;
    spool_->Forget(id);
    groups_.erase(id);
  }
}

void UnitLedger::FinishIn(GroupId id, const v1::Block& block) {
  Group& group = groups_.at(id);
  group.block_count -= 1;
  group.sample_count -= block.sample_count();
  group.finished_count += block.sample_count();
  group.bytes -= BytesOf(block);
  group.finished.insert(NameOf(block));
  finished_in_groups_ += block.sample_count();
  if (group.block_count > 0) return;
  finished_in_groups_ -= group.finished_count;
  spool_->Forget(id);
  groups_.erase(id);
}

void UnitLedger::NoteLostGroups() {
  if (spool_ == nullptr) return;
  for (const GroupId id : spool_->TakeLost()) {
    const auto group = groups_.find(id);
    if (group == groups_.end()) continue;
    if (group->second.in_memory) {
      for (auto it = entries_.lower_bound({group->second.interval, 0, 0}); it != entries_.end(); ++it) {
        if (it->second.group == id) it->second.group = 0;
      }
    } else {
      CountDropped(group->second.block_count, group->second.sample_count, UnitDrop::kSpoolBound);
      counts_.samples_pending -= group->second.sample_count;
      counts_.samples_spooled -= group->second.sample_count;
      counts_.spooled_bytes -= group->second.bytes;
      unloaded_.erase(id);
    }
    finished_in_groups_ -= group->second.finished_count;
    groups_.erase(group);
  }
}

}  // namespace tributary
