#include "local/shard/gauge_levels.h"

namespace tributary {

void GaugeLevels::set_max_levels(size_t max_levels) {
  const MutexLock lock(mutex_);
  max_levels_ = max_levels;
}

std::shared_ptr<GaugeLevel> GaugeLevels::Find(Hash128 series) {
  const MutexLock lock(mutex_);
  if (const auto found = entries_.find(series); found != entries_.end()) return found->second.level;
  auto level = std::make_shared<GaugeLevel>();
  if (entries_.size() < max_levels_) entries_.emplace(series, Entry{level});
  return level;
}

void GaugeLevels::Forget(absl::Time now) {
  const MutexLock lock(mutex_);
  absl::erase_if(entries_, [now](auto& item) {
    Entry& entry = item.second;
    // A count of one is ours and cannot grow meanwhile: copies are made under the lock only.
    if (entry.level.use_count() > 1 || entry.last_held == absl::InfinitePast()) entry.last_held = now;
    return now - entry.last_held > kKept;
  });
}

size_t GaugeLevels::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

}  // namespace tributary
