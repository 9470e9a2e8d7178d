#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"

namespace tributary {

struct Member {
  std::string id;       // stable across restarts
  std::string address;  // host:port; no part of the assignment
  double weight = 1;    // > 0
  friend bool operator==(const Member&, const Member&) = default;
};

// The globals in force from an interval on. A value; ordered by (effective_from, sequence).
struct View {
  uint64_t sequence = 0;
  IntervalIndex effective_from = 0;
  std::vector<Member> members;  // ids unique
};

// Which member owns each partition under a set of members: weighted rendezvous hashing with bounded loads.
//
// Shape:   one index into members() per partition; immutable, so share it freely between threads.
// Rule:    score(member, p) = -weight / ln(u), u in (0,1) from XXH3-64(member id, p); the highest score wins unless
//          that member already holds ceil(kLoadBound * its fair share) partitions; then the next in preference.
//          Partitions are placed in an order that does not depend on the members.
// Moves:   a member that joins or leaves moves about its own share and little else.
// Source:  Thaler, Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996 (weights: Schindelhauer, Schomaker,
//          2005); Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
class Assignment {
 public:
  static constexpr double kLoadBound = 1.1;

  explicit Assignment(std::vector<Member> members);

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
// i, so that a planned change never splits an interval. Thread-compatible.
class ViewHistory {
 public:
  // Keeps at most kKept views, the newest. Returns false when the view was known already or is older than all kept.
  bool Add(View view);

  bool empty() const { return entries_.empty(); }
  const View* newest() const;
  // Oldest first.
  std::vector<View> views() const;
  // Null when no view is known. An interval before the oldest view is decided by the oldest.
  const Member* OwnerOf(PartitionId partition, IntervalIndex interval) const;
  const Assignment* AssignmentAt(IntervalIndex interval) const;

  static constexpr int kKept = 8;

 private:
  struct Entry {
    View view;
    Assignment assignment;
  };
  std::deque<Entry> entries_;  // by (effective_from, sequence), ascending
};

}  // namespace tributary
