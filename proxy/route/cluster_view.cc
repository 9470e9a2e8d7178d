#include "proxy/route/cluster_view.h"

#include <map>

#include "common/base/check.h"

namespace tributary {

ClusterView NewestView(const ViewHistory& views) {
  TRIBUTARY_CHECK(!views.empty());
  ClusterView view;
  view.effective_from = views.newest()->effective_from;
  const Assignment& assignment = *views.AssignmentAt(view.effective_from);
  std::map<const Member*, size_t> partitions;
  for (uint32_t p = 0; p < kPartitionCount; ++p) ++partitions[assignment.OwnerOf(static_cast<PartitionId>(p))];
  for (const Member& member : assignment.members()) view.owners.push_back({member, partitions[&member]});
  return view;
}

}  // namespace tributary
