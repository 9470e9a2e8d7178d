#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"

namespace tributary {

struct Member {
  std::string id;       // stable across restarts
  std::string address;  // host:port; no part of the assignment
  double weight = 1;    // kMinMemberWeight..kMaxMemberWeight
  friend bool operator==(const Member&, const Member&) = default;
};
inline constexpr double kMinMemberWeight = 1e-3;
inline constexpr double kMaxMemberWeight = 1e3;

// The globals in force from an interval on. A value; ordered by (effective_from, sequence).
struct View {
  static constexpr size_t kMaxMembers = 1024;

  uint64_t sequence = 0;
  IntervalIndex effective_from = 0;
  std::vector<Member> members = {};

  // What every View outside of tests must be: at most kMaxMembers, ids unique and not empty, weights in range.
  bool IsWellFormed() const;
  friend bool operator==(const View&, const View&) = default;
};

// Which member owns each partition under a set of members: weighted rendezvous hashing with bounded loads.
//
// Shape:   one index into members() per partition; immutable, so share it freely between threads.
// Rule:    score(member, p) = -weight / ln(u), u in (0,1) from XXH3-64(member id, p); the highest score wins unless
//          that member already holds ceil(kLoadBound * its fair share) partitions; then the next in preference.
//          Partitions are placed in ascending order, which does not depend on the members.
// Moves:   a member that joins or leaves moves about its own share and little else.
// Cost:    one hash and one logarithm per member and partition: 8 ms for 200 members.
// Source:  Thaler, Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996 (weights: Schindelhauer, Schomaker,
//          2005); Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
class Assignment {
 public:
  static constexpr double kLoadBound = 1.1;

  // REQUIRES: View{.members = members}.IsWellFormed().
  explicit Assignment(std::vector<Member> members);

  // Sorted by id.
  const std::vector<Member>& members() const { return members_; }
  // Nothing owns anything when there are no members.
  const Member* OwnerOf(PartitionId partition) const;
  // All members, best first, without the load bound: who takes over when the owner is lost.
  std::vector<const Member*> Preference(PartitionId partition) const;

 private:
  std::vector<Member> members_;
  std::vector<uint16_t> owner_;  // kPartitionCount entries, or none
};

// The views a node knows of, and who owns a partition at an interval: owner(p, i) is decided by the view in force at
// i, so that a planned change never splits an interval. Pointers hold until the next Add. Thread-compatible.
class ViewHistory {
 public:
  static constexpr size_t kKept = 32;  // two for each restart of a global within the owners' horizon

  // Keeps at most kKept views, the newest. Returns false, and changes nothing, when the view is not well-formed, is
  // known already, or is older than all of kKept.
  bool Add(View view);

  bool empty() const { return entries_.empty(); }
  const View* newest() const;
  // Oldest first.
  std::vector<View> views() const;
  // Null when no view is known, or the one in force has no members. An interval before the oldest view is decided by
  // the oldest.
  const Member* OwnerOf(PartitionId partition, IntervalIndex interval) const;
  const Assignment* AssignmentAt(IntervalIndex interval) const;

 private:
  struct Entry {
    View view;
    Assignment assignment;
    auto order() const { return std::tuple(view.effective_from, view.sequence); }
  };
  std::deque<Entry> entries_;  // ascending by order()
};

}  // namespace tributary
