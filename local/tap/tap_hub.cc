#include "local/tap/tap_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/instance_id.h"

namespace tributary {

void TapHub::Batch::Offer(const TapLine& line) const {
  for (const Entry& entry : *entries_) entry.tap->Offer(line, time_);
}

TapHub::Batch TapHub::OpenBatch() {
  MutexLock lock(mutex_);
  DropEnded();
  Batch batch;
  if (!entries_->empty()) batch.entries_ = entries_;
  batch.time_ = clock_.Now();
  return batch;
}

absl::StatusOr<std::string> TapHub::Open(Tap::Options options) {
  MutexLock lock(mutex_);
  DropEnded();
  if (entries_->size() >= kMaxTaps) {
    return absl::ResourceExhaustedError(absl::StrCat(kMaxTaps, " taps are open already; each ends ",
                                                     absl::FormatDuration(kPatience), " after its last poll"));
  }
  const std::string id = InstanceId::Random().ToString();
  Entries entries = *entries_;
  entries.push_back({id, std::make_shared<Tap>(std::move(options)), clock_.Now() + kPatience});
  Publish(std::move(entries));
  return id;
}

absl::StatusOr<Tap::Taken> TapHub::Poll(absl::string_view id) {
  MutexLock lock(mutex_);
  DropEnded();
  Entries entries = *entries_;
  const auto polled = std::find_if(entries.begin(), entries.end(), [id](const Entry& entry) { return entry.id == id; });
  if (polled == entries.end()) return absl::NotFoundError("no such tap, or it has ended");
  polled->ends = clock_.Now() + kPatience;
  Tap::Taken taken = polled->tap->Take();
  Publish(std::move(entries));
  return taken;
}

void TapHub::DropEnded() {
  const auto ended = [now = clock_.Now()](const Entry& entry) { return entry.ends <= now; };
  if (std::none_of(entries_->begin(), entries_->end(), ended)) return;
  Entries entries = *entries_;
  std::erase_if(entries, ended);
  Publish(std::move(entries));
}

void TapHub::Publish(Entries entries) {
  open_.store(!entries.empty(), std::memory_order_relaxed);
  entries_ = std::make_shared<const Entries>(std::move(entries));
}

}  // namespace tributary
