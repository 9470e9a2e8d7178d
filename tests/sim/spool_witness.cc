#include "tests/sim/spool_witness.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_format.h"

namespace tributary::sim {

class SpoolWitness::Watched : public UnitSpool {
 public:
  Watched(SpoolWitness& witness, const InstanceId& instance, UnitSpool& spool)
      : witness_(witness), instance_(instance), spool_(spool) {}

  std::optional<GroupId> Append(Use use, const std::vector<v1::Block>& blocks) override {
    const std::optional<GroupId> id = spool_.Append(use, blocks);
    if (!id || use != Use::kPending) return id;
    Group group{instance_, {}, false};
    for (const v1::Block& block : blocks) group.names.insert(NameOf(block));
    witness_.groups_[*id] = std::move(group);
    witness_.world_.Hit(Mark::kSpooled);
    return id;
  }
  std::vector<v1::Block> Read(GroupId group) override { return spool_.Read(group); }
  void Forget(GroupId group) override {
    spool_.Forget(group);
    witness_.groups_.erase(group);
  }
  std::vector<GroupId> TakeLost() override {
    std::vector<GroupId> lost = spool_.TakeLost();
    for (const GroupId group : lost) witness_.groups_.erase(group);
    if (!lost.empty()) witness_.world_.Hit(Mark::kSpoolBound);
    return lost;
  }
  void NoteMarker(const v1::Marker& marker, uint64_t samples) override { spool_.NoteMarker(marker, samples); }
  void NoteGoodbye(IntervalIndex final_interval) override { spool_.NoteGoodbye(final_interval); }

 private:
  SpoolWitness& witness_;
  const InstanceId instance_;
  UnitSpool& spool_;
};

std::unique_ptr<UnitSpool> SpoolWitness::Watch(const InstanceId& instance, UnitSpool& spool) {
  return std::make_unique<Watched>(*this, instance, spool);
}

bool SpoolWitness::Has(const InstanceId& instance, const BlockName& name) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
    return group.second.instance == instance && group.second.names.contains(name);
  });
}

void SpoolWitness::NoteSync() {
  for (auto& [id, group] : groups_) group.synced = true;
}

void SpoolWitness::NotePowerLost() {
  std::erase_if(groups_, [](const auto& group) { return !group.second.synced; });
}

std::map<InstanceId, std::set<BlockName>> SpoolWitness::Open(const std::string& agent, SpoolLog& log,
                                                             const std::map<InstanceId, Legacy>& legacies) {
  std::map<InstanceId, std::set<BlockName>> found;
  std::map<GroupId, Group> groups;
  for (const auto& [instance, legacy] : legacies) {
    for (const Legacy::Group& left : legacy.groups) {
      Group group{instance, {}, true};
      for (const v1::Block& block : log.For(instance)->Read(left.id)) group.names.insert(NameOf(block));
      found[instance].insert(group.names.begin(), group.names.end());
      groups[left.id] = std::move(group);
    }
  }
  for (const auto& [id, group] : groups_) {
    const auto there = groups.find(id);
    if (excused_ || (there != groups.end() && there->second.names == group.names)) continue;
    world_.Violate("spool", absl::StrFormat("%s does not find group %d, of %d blocks, that it had on disk", agent, id,
                                            group.names.size()));
  }
  groups_ = std::move(groups);
  return found;
}

}  // namespace tributary::sim
