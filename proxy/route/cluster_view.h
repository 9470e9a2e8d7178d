#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "common/base/interval.h"
#include "common/hash/view.h"

namespace tributary {

// The newest view as a proxy sees it, for people to look at. A value.
struct ClusterView {
  struct Owner {
    Member member;
    size_t partitions = 0;   // that it owns
    bool connected = false;  // this proxy's stream to it is open
  };
  IntervalIndex effective_from = 0;
  std::vector<Owner> owners;           // by id; before the first view: who is to be in it
  std::set<std::string> guarded = {};  // owners that the membership does not name any more
  std::set<std::string> waiting = {};  // members that are not ready, or leave
};

// A global that was in a view and is in none since: from the interval `left` on.
struct FormerMember {
  Member member;
  IntervalIndex left = 0;
  absl::Time left_at;
};
// By id, those that left last only when they came and went.
std::vector<FormerMember> FormerMembers(const ViewHistory& views, const IntervalScale& scale);

// REQUIRES: `views` has one view at least. Nobody is connected in it.
ClusterView NewestView(const ViewHistory& views);

}  // namespace tributary
