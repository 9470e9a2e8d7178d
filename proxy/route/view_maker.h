#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "common/hash/view.h"

namespace tributary {

// Turns the members that a proxy finds into views, without changing what is past.
//
// A change is in force kLeadIntervals after the interval it is noticed in. A proxy that has just started cannot know
// whether what it finds is a change: it decides after the globals have told the views they know, or after an interval.
// When nobody knows any, the cluster is new: then the first view is in force from the beginning, and its sequence
// follows from the list, so that proxies with equal lists make equal views. Each list makes one view at most: proxies
// that are told different lists do not outbid each other for ever.
// No clock, no threads: the same calls give the same views. Thread-compatible.
class ViewMaker {
 public:
  static constexpr int kLeadIntervals = 2;

  explicit ViewMaker(IntervalScale scale) : scale_(scale) {}

  // What the membership says. An empty list, or one that makes no view, changes nothing.
  void SetMembers(absl::Time now, std::vector<Member> members);
  // A global has told all the views it knows.
  void Heard(const std::string& owner) { heard_.insert(owner); }

  // The view to be made now, if any; `newest` is the newest that is known. Call it after each event and as time passes.
  std::optional<View> Take(absl::Time now, const View* newest);

  // As set last, by id.
  const std::vector<Member>& members() const { return members_; }

 private:
  bool EveryoneWasAsked(absl::Time now) const;

  const IntervalScale scale_;
  std::vector<Member> members_;
  bool undecided_ = false;  // members_ has not been compared with the views yet
  absl::Time asking_since_ = absl::InfiniteFuture();
  std::set<std::string> heard_;
};

}  // namespace tributary
