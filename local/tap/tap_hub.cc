#include "local/tap/tap_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/instance_id.h"

namespace tributary {

std::shared_ptr<const TapHub::Taps> TapHub::taps() {
  MutexLock lock(mutex_);
  DropEnded();
  return taps_;
}

absl::StatusOr<std::string> TapHub::Open(Tap::Options options) {
  MutexLock lock(mutex_);
  DropEnded();
  if (taps_->entries_.size() >= kMaxTaps) {
    return absl::ResourceExhaustedError(absl::StrCat(kMaxTaps, " taps are open already; each ends ",
                                                     absl::FormatDuration(kPatience), " after its last poll"));
  }
  Taps taps = *taps_;
  taps.entries_.push_back(
      {InstanceId::Random().ToString(), std::make_shared<Tap>(std::move(options)), clock_.Now() + kPatience});
  const std::string id = taps.entries_.back().id;
  Publish(std::move(taps));
  return id;
}

absl::StatusOr<Tap::Taken> TapHub::Poll(absl::string_view id) {
  MutexLock lock(mutex_);
  DropEnded();
  Taps taps = *taps_;
  const auto entry =
      std::find_if(taps.entries_.begin(), taps.entries_.end(), [id](const auto& e) { return e.id == id; });
  if (entry == taps.entries_.end()) return absl::NotFoundError("no such tap, or it has ended");
  entry->ends = clock_.Now() + kPatience;
  Tap::Taken taken = entry->tap->Take();
  Publish(std::move(taps));
  return taken;
}

void TapHub::DropEnded() {
  const auto ended = [now = clock_.Now()](const Taps::Entry& entry) { return entry.ends <= now; };
  if (std::none_of(taps_->entries_.begin(), taps_->entries_.end(), ended)) return;
  Taps taps = *taps_;
  std::erase_if(taps.entries_, ended);
  Publish(std::move(taps));
}

void TapHub::Publish(Taps taps) {
  open_.store(!taps.entries_.empty(), std::memory_order_relaxed);
  taps_ = std::make_shared<const Taps>(std::move(taps));
}

}  // namespace tributary
