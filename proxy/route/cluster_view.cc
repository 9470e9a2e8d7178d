#include "proxy/route/cluster_view.h"

#include <map>
#include <utility>

#include "common/base/check.h"

namespace tributary {

std::vector<FormerMember> FormerMembers(const ViewHistory& views, const IntervalScale& scale) {
  std::map<std::string, FormerMember> former;
  const View* before = nullptr;
  const std::vector<View> known = views.views();
  for (const View& view : known) {
    for (const Member& member : before == nullptr ? std::vector<Member>() : before->members) {
      former.insert_or_assign(member.id, FormerMember{member, view.effective_from, scale.Start(view.effective_from)});
    }
    for (const Member& member : view.members) former.erase(member.id);
    before = &view;
  }
  std::vector<FormerMember> list;
  for (auto& [id, member] : former) list.push_back(std::move(member));
  return list;
}

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
