#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "common/hash/view.h"

namespace tributary {

// When a global that was told to end may do so: once a view without it is in force, and its windows before that are
// committed. Where no such view comes, for it is the only one or the proxies are away, it waits for none.
// Thread-compatible.
class Departure {
 public:
  Departure(std::string node_id, IntervalScale scale, absl::Time started)
      : node_id_(std::move(node_id)), scale_(scale), started_(started) {}

  void Begin(absl::Time now, const ViewHistory& views) {
    if (begun()) return;
    begun_ = now;
    was_removed_ = IsLeftOut(views.views());
  }
  // A view without it was made in this life of it, before it said that it leaves: the membership does not name it any
  // more. One that is only started anew is in the views until it says so, and then until it is back.
  bool was_removed() const { return was_removed_; }
  bool begun() const { return begun_ < absl::InfiniteFuture(); }

  // `idle`: nothing is being committed, or could be.
  bool IsOver(absl::Time now, const ViewHistory& views, bool idle, uint64_t open_windows) const {
    if (!begun() || !idle) return false;
    const std::vector<View> known = views.views();
    if (known.empty()) return true;
    if (Has(known.back())) return known.back().members.size() == 1 || now - begun_ >= Patience();
    const auto last = std::find_if(known.rbegin(), known.rend(), [&](const View& view) { return Has(view); });
    if (last == known.rend()) return true;
    const View& next = *std::prev(last);
    return open_windows == 0 && now >= scale_.Start(next.effective_from) + scale_.length() / 2;
  }

 private:
  bool IsLeftOut(const std::vector<View>& known) const {
    const auto last = std::find_if(known.rbegin(), known.rend(), [&](const View& view) { return Has(view); });
    if (last == known.rbegin() || last == known.rend()) return false;
    return std::prev(last)->sequence > static_cast<uint64_t>(absl::ToUnixMicros(started_));  // when it was made
  }
  bool Has(const View& view) const {
    return std::any_of(view.members.begin(), view.members.end(),
                       [&](const Member& member) { return member.id == node_id_; });
  }
  // For a view without it to arrive.
  absl::Duration Patience() const { return 1.5 * scale_.length() + absl::Seconds(1); }

  const std::string node_id_;
  const IntervalScale scale_;
  const absl::Time started_;
  absl::Time begun_ = absl::InfiniteFuture();
  bool was_removed_ = false;
};

}  // namespace tributary
