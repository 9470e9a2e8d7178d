#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/interval.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// The markers of an instance and who has not taken them yet. A marker goes to every owner at once: the proxy copies it.
// It is sent when it is due and an owner that is present misses it, and again each `retry` as long as that is so; an
// owner is present from its Welcome to the end of the stream.
//
// Shape:   markers by interval; for each owner the intervals it misses: none or one, while all is well.
// Bounds:  kMaxMarkers, the oldest goes first; markers that every member took are kept for `retain`, for owners that
// forget. Threads: thread-compatible.
class MarkerLog {
 public:
  static constexpr size_t kMaxMarkers = 720;

  MarkerLog(absl::Duration retry, absl::Duration retain) : retry_(retry), retain_(retain) {}

  // To be sent from `due` on.
  void Add(absl::Time due, v1::Marker marker);
  // `members` are those of the newest view; `known` are they and those of every view that still counts.
  void SetOwners(std::set<std::string> members, const std::set<std::string>& known);
  void Acknowledge(const std::string& owner, IntervalIndex interval);
  // The owner is present. `forgot`: it lost what it had not sealed.
  void Welcome(absl::Time now, const std::string& owner, bool forgot, IntervalIndex sealed_through);
  void StreamClosed() { present_.clear(); }
  // What is new is due now.
  void Hurry(absl::Time now);

  // The oldest marker that is due.
  std::optional<v1::Marker> Next(absl::Time now);

  bool EveryMemberHasAll() const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    v1::Marker marker;
    absl::Time due;
    absl::Time first_due;
    absl::Time sent = absl::InfinitePast();
  };

  // Whether one of `owners` misses it.
  bool IsMissed(const std::set<std::string>& owners, IntervalIndex interval) const;
  void MakeDue(absl::Time now, IntervalIndex interval);
  void Expire(absl::Time now);
  void Forget(IntervalIndex interval);

  const absl::Duration retry_;
  const absl::Duration retain_;
  std::map<IntervalIndex, Entry> entries_;
  std::map<std::string, std::set<IntervalIndex>> missing_;  // by owner; every known owner has an entry
  std::set<std::string> members_;
  std::set<std::string> present_;
};

}  // namespace tributary
