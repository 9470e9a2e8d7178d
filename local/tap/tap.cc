#include "local/tap/tap.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

constexpr int64_t kSecondNanos = 1'000'000'000;

std::string Shown(absl::string_view line) {
  if (line.size() <= Tap::kMaxLineBytes) return Printable(line);
  return absl::StrCat(Printable(line.substr(0, Tap::kMaxLineBytes)), "… (", line.size(), " bytes)");
}

}  // namespace

void Tap::Offer(const TapLine& line, absl::Time now) {
  if (!Wants(line)) return;
  if (!TakeToken(now)) {
    skipped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  TapRecord record{now, Shown(line.text), Printable(line.client.Describe()), std::string(line.rejected)};
  MutexLock lock(mutex_);
  if (records_.size() < kMaxRecords) {
    records_.push_back(std::move(record));
  } else {
    skipped_.fetch_add(1, std::memory_order_relaxed);
  }
}

bool Tap::Wants(const TapLine& line) const {
  if (options_.rejected == Rejected::kNo && !line.rejected.empty()) return false;
  if (options_.rejected == Rejected::kOnly && line.rejected.empty()) return false;
  return options_.pattern.Matches(line.text);
}

// A bucket of one second's tokens, kept as the time at which it is full again (the generic cell rate algorithm, ITU-T
// I.371 annex A): each record moves it by its share of a second, and at most one second ahead of now. Further ahead
// than that it is only after a clock was set back.
bool Tap::TakeToken(absl::Time now) {
  const int64_t now_nanos = absl::ToUnixNanos(now);
  const int64_t share = kSecondNanos / options_.rate;
  int64_t paid_until = paid_until_nanos_.load(std::memory_order_relaxed);
  int64_t next;
  do {
    const bool stale = paid_until > now_nanos + 2 * kSecondNanos;
    next = std::max(stale ? now_nanos : paid_until, now_nanos) + share;
    if (next > now_nanos + kSecondNanos) return false;
  } while (!paid_until_nanos_.compare_exchange_weak(paid_until, next, std::memory_order_relaxed));
  return true;
}

Tap::Taken Tap::Take() {
  Taken taken;
  taken.skipped = skipped_.exchange(0, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  taken.records = std::exchange(records_, {});
  return taken;
}

}  // namespace tributary
