#include "global/merge/roster.h"

#include <algorithm>

namespace tributary {

using State = RosterEntry::State;

std::optional<RosterSlot> Roster::Join(const RosterEntry& entry) {
  if (auto known = Find(entry.instance)) return known;
  if (size() >= kMaxEntries) return std::nullopt;
  size_t free = 0;
  while (free < entries_.size() && entries_[free]) ++free;
  if (free == entries_.size()) entries_.resize(free + 1);
  entries_[free] = entry;
  const auto slot = static_cast<RosterSlot>(free);
  index_[entry.instance] = slot;
  ++revision_;
  return slot;
}

std::optional<RosterSlot> Roster::Find(const InstanceId& instance) const {
  const auto found = index_.find(instance);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

void Roster::Hear(RosterSlot slot, absl::Time now) {
  RosterEntry& entry = *entries_[slot];
  entry.last_heard = std::max(entry.last_heard, now);
  if (entry.state != State::kSilent && entry.state != State::kLost) return;
  entry.state = State::kActive;
  ++revision_;
}

void Roster::Leave(RosterSlot slot, IntervalIndex final_interval) {
  RosterEntry& entry = *entries_[slot];
  if (HasEnded(slot)) return;
  entry.state = State::kLeft;
  entry.final_interval = final_interval;
  ++revision_;
}

void Roster::Bury(RosterSlot slot, IntervalIndex last_interval) {
  if (HasEnded(slot)) return;
  entries_[slot]->state = State::kDead;
  entries_[slot]->final_interval = last_interval;
  ++revision_;
}

std::vector<RosterSlot> Roster::Advance(absl::Time now) {
  std::vector<RosterSlot> forgotten;
  for (const RosterSlot slot : slots()) {
    RosterEntry& entry = *entries_[slot];
    const absl::Duration silence = now - std::max(entry.last_heard, resumed_);
    if (silence > (HasEnded(slot) ? options_.keep_ended : options_.forget_lost)) {
      forgotten.push_back(slot);
      index_.erase(entry.instance);
      entries_[slot].reset();
      ++revision_;
    } else if (const State state = StateAfter(entry, silence); state != entry.state) {
      entry.state = state;
      ++revision_;
    }
  }
  return forgotten;
}

State Roster::StateAfter(const RosterEntry& entry, absl::Duration silence) const {
  if (entry.state == State::kLeft || entry.state == State::kDead) return entry.state;
  if (silence > options_.lease) return State::kLost;
  if (silence > options_.silent) return State::kSilent;
  // Only being heard ends a silence, not a pause of ours.
  return entry.state;
}

bool Roster::IsAwaitedAt(RosterSlot slot, IntervalIndex interval) const {
  const RosterEntry& entry = *entries_[slot];
  if (entry.state == State::kLeft || interval < entry.first_interval) return false;
  return !entry.final_interval || interval <= *entry.final_interval;
}

bool Roster::Holds(RosterSlot slot) const {
  const State state = entries_[slot]->state;
  return state == State::kActive || state == State::kSilent;
}

bool Roster::HasEnded(RosterSlot slot) const {
  const State state = entries_[slot]->state;
  return state == State::kLeft || state == State::kDead;
}

std::vector<RosterSlot> Roster::slots() const {
  std::vector<RosterSlot> slots;
  for (size_t slot = 0; slot < entries_.size(); ++slot) {
    if (entries_[slot]) slots.push_back(static_cast<RosterSlot>(slot));
  }
  return slots;
}

std::vector<RosterEntry> Roster::Snapshot() const {
  std::vector<RosterEntry> entries;
  for (const auto& entry : entries_) {
    if (entry) entries.push_back(*entry);
  }
  std::sort(entries.begin(), entries.end(),
            [](const RosterEntry& a, const RosterEntry& b) { return a.instance < b.instance; });
  return entries;
}

}  // namespace tributary
