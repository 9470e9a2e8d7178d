#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "common/hash/view.h"

namespace tributary {

// Turns lists of members into views. The first is in force from the beginning, and its sequence follows from the list,
// so that proxies with equal lists make equal views; a change is in force kLeadIntervals after the interval it came in.
// Thread-compatible.
class ViewMaker {
 public:
  static constexpr int kLeadIntervals = 2;

  explicit ViewMaker(IntervalScale scale) : scale_(scale) {}

  // Nothing when the list is empty, no valid view, or what it was before.
  std::optional<View> Update(absl::Time now, std::vector<Member> members);

 private:
  const IntervalScale scale_;
  std::vector<Member> members_;  // by id
};

}  // namespace tributary
