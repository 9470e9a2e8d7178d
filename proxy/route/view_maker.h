#pragma once

#include <map>
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
// Change:  in force kLeadIntervals after the interval it is decided in, which is once nothing more has changed for a
//          quarter of an interval, but not later than an interval after the first change.
// Start:   a proxy that has just started cannot know whether what it finds is a change: it decides after the globals
//          have told the views they know, or after an interval. When nobody knows any, the cluster is new: then the
//          first view is in force from the beginning, and its sequence follows from the list, so that proxies with
//          equal lists make equal views.
// Join:    who is in no view yet comes into one once it has said that it is ready: a mistyped address owns nothing.
// Leave:   who says that it leaves is in no further view until it says otherwise.
// Guard:   a view has at most a third fewer members than the one before (of two or three: one fewer). A list that would
//          take away more, because a directory is wrong, say, must stay like that for `confirm` first; what it adds is
//          added at once.
// Peers:   each list makes one view at most: proxies that are told different lists do not outbid each other for ever.
// No clock, no threads: the same calls give the same views. Thread-compatible.
class ViewMaker {
 public:
  static constexpr int kLeadIntervals = 2;
  static constexpr double kGuardedShare = 0.34;

  enum class Standing { kReady, kCold, kLeaving };
  struct Options {
    IntervalScale scale;
    absl::Duration confirm = absl::Minutes(10);
  };
  explicit ViewMaker(Options options) : options_(options) {}

  // What the membership says. An empty list, or one that makes no view, changes nothing.
  void SetMembers(absl::Time now, std::vector<Member> members);
  // Of the guard, from now on.
  void SetConfirm(absl::Duration confirm) { options_.confirm = confirm; }
  // A global has told all the views it knows, and how it stands; or its stream has ended.
  void Heard(absl::Time now, const std::string& id, Standing standing);
  void Lost(const std::string& id);

  // The view to be made now, if any; `newest` is the newest that is known. Call it after each event and as time passes.
  std::optional<View> Take(absl::Time now, const View* newest);

  // As set last, by id.
  const std::vector<Member>& members() const { return members_; }
  // Members that the newest list lacks and the guard keeps; and listed ones that are not ready, or leave.
  const std::set<std::string>& guarded() const { return guarded_; }
  const std::set<std::string>& waiting() const { return waiting_; }

 private:
  void NoteChange(absl::Time now);
  bool EveryoneWasAsked(absl::Time now) const;
  bool IsSettled(absl::Time now) const;
  std::vector<Member> Wanted(const View& newest);
  void Guard(absl::Time now, const View& newest, std::vector<Member>& wanted);

  Options options_;
  std::vector<Member> members_;
  bool undecided_ = false;  // what is known has not been compared with the views yet
  absl::Time first_change_;
  absl::Time last_change_;
  absl::Time asking_since_ = absl::InfiniteFuture();
  absl::Time guarding_since_ = absl::InfiniteFuture();
  std::set<std::string> asked_;
  std::map<std::string, Standing> standing_;  // of those who are connected, and of those who left
  std::set<std::string> waiting_;
  std::set<std::string> guarded_;
};

}  // namespace tributary
