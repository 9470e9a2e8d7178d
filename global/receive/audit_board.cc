#include "global/receive/audit_board.h"

#include <algorithm>
#include <string>

#include "common/wire/messages.h"

namespace tributary {

AuditBoard::AuditBoard(const WindowBookState& state) {
  MutexLock lock(mutex_);
  for (const auto& [window, steps] : state.manifests) {
    for (const Manifest& step : steps) Add(window.first, step);
  }
}

void AuditBoard::Announce(const InstanceId& instance, const v1::Marker& marker) {
  MutexLock lock(mutex_);
  if (Share* share = ShareOf(marker.interval(), instance)) share->announced = marker.sample_count();
}

void AuditBoard::Commit(const CommitPlan& plan) {
  MutexLock lock(mutex_);
  for (const WindowCommit& window : plan.windows) Add(window.interval, window.manifest);
}

// A chunk counts with the step that names it for good: see Manifest.
void AuditBoard::Add(IntervalIndex interval, const Manifest& manifest) {
  for (const ManifestChunk& chunk : manifest.chunks) {
    const bool is_late = chunk.chunk >= kFirstLateChunk;
    if (!is_late && !manifest.closed) continue;
    Share* share = ShareOf(interval, chunk.instance);
    if (share != nullptr) (is_late ? share->late : share->committed) += chunk.sample_count;
  }
}

AuditBoard::Share* AuditBoard::ShareOf(IntervalIndex interval, const InstanceId& instance) {
  if (interval <= forgotten_) return nullptr;
  const auto [share, is_new] = intervals_[interval].try_emplace(instance);
  if (!is_new) return &share->second;
  ++shares_;
  while (intervals_.size() > kIntervals || (shares_ > kMaxShares && intervals_.size() > 1)) {
    const auto oldest = intervals_.begin();
    forgotten_ = oldest->first;
    shares_ -= oldest->second.size();
    intervals_.erase(oldest);
  }
  return interval <= forgotten_ ? nullptr : &share->second;
}

void AuditBoard::Describe(uint32_t intervals, v1::InspectResponse& response) const {
  MutexLock lock(mutex_);
  auto from = intervals_.begin();
  for (size_t skipped = intervals_.size(); skipped > intervals; --skipped) ++from;
  for (; from != intervals_.end(); ++from) {
    v1::IntervalShares& out = *response.add_audit();
    out.set_interval(from->first);
    for (const auto& [instance, share] : from->second) {
      v1::Share& entry = *out.add_shares();
      entry.set_instance(std::string(instance.bytes()));
      if (share.announced) entry.set_announced(*share.announced);
      entry.set_committed(share.committed);
      entry.set_late(share.late);
    }
  }
}

}  // namespace tributary
