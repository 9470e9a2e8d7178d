#include "local/forward/marker_log.h"

#include <algorithm>
#include <utility>

namespace tributary {

void MarkerLog::Add(absl::Time due, v1::Marker marker) {
  const IntervalIndex interval = marker.interval();
  entries_[interval] = {std::move(marker), due, due};
  for (auto& [owner, missing] : missing_) missing.insert(interval);
  if (entries_.size() > kMaxMarkers) Forget(entries_.begin()->first);
}

void MarkerLog::SetOwners(std::set<std::string> members, const std::set<std::string>& known) {
  members_ = std::move(members);
  std::erase_if(present_, [&](const std::string& owner) { return !known.contains(owner); });
  std::erase_if(missing_, [&](const auto& entry) { return !known.contains(entry.first); });
  for (const std::string& owner : known) {
    const auto [missing, is_new] = missing_.try_emplace(owner);
    if (!is_new) continue;
    for (const auto& [interval, entry] : entries_) missing->second.insert(interval);
  }
}

void MarkerLog::Acknowledge(const std::string& owner, IntervalIndex interval) {
  if (const auto missing = missing_.find(owner); missing != missing_.end()) missing->second.erase(interval);
}

void MarkerLog::Welcome(absl::Time now, const std::string& owner, bool forgot, IntervalIndex sealed_through) {
  const auto found = missing_.find(owner);
  if (found == missing_.end()) return;
  present_.insert(owner);
  std::set<IntervalIndex>& missing = found->second;
  if (forgot) {
    for (const auto& [interval, entry] : entries_) missing.insert(interval);
  }
  missing.erase(missing.begin(), missing.upper_bound(sealed_through));
  for (const IntervalIndex interval : missing) MakeDue(now, interval);
}

void MarkerLog::Hurry(absl::Time now) {
  for (auto& [interval, entry] : entries_) {
    entry.first_due = std::min(entry.first_due, now);
    if (entry.sent == absl::InfinitePast()) entry.due = std::min(entry.due, now);
  }
}

std::optional<v1::Marker> MarkerLog::Next(absl::Time now) {
  Expire(now);
  for (auto& [interval, entry] : entries_) {
    if (entry.due > now) continue;
    entry.due = absl::InfiniteFuture();
    if (!IsMissed(present_, interval)) continue;
    entry.sent = now;
    entry.due = now + retry_;
    return entry.marker;
  }
  return std::nullopt;
}

bool MarkerLog::EveryMemberHasAll() const {
  return std::all_of(members_.begin(), members_.end(),
                     [&](const std::string& member) { return missing_.at(member).empty(); });
}

bool MarkerLog::IsMissed(const std::set<std::string>& owners, IntervalIndex interval) const {
  return std::any_of(owners.begin(), owners.end(),
                     [&](const std::string& owner) { return missing_.at(owner).contains(interval); });
}

// Not before its first time. Owners say Welcome together, and one sending serves them all: so not twice in a tenth of
// `retry_`.
void MarkerLog::MakeDue(absl::Time now, IntervalIndex interval) {
  Entry& entry = entries_.at(interval);
  entry.due = std::min(entry.due, std::max({now, entry.first_due, entry.sent + retry_ / 10}));
}

void MarkerLog::Expire(absl::Time now) {
  while (!entries_.empty()) {
    const auto& [interval, entry] = *entries_.begin();
    if (entry.first_due + retain_ > now || IsMissed(members_, interval)) return;
    Forget(interval);
  }
}

void MarkerLog::Forget(IntervalIndex interval) {
  entries_.erase(interval);
  for (auto& [owner, missing] : missing_) missing.erase(interval);
}

}  // namespace tributary
