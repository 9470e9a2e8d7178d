#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/instance_id.h"
#include "local/forward/block_name.h"
#include "local/forward/unit_spool.h"
#include "local/spool/spool_log.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// Holds a spool against its promise: whoever is killed loses nothing that was appended, whoever loses power nothing
// that was synced. Outlives the lives of its agent.
class SpoolWitness {
 public:
  explicit SpoolWitness(World& world) : world_(world) {}

  // The same spool, watched. It, and this, outlive what is returned.
  std::unique_ptr<UnitSpool> Watch(const InstanceId& instance, UnitSpool& spool);
  bool Has(const InstanceId& instance, const BlockName& name) const;
  void NoteSync();
  void NotePowerLost();
  // Its bounds may cost what it has.
  void Excuse() { excused_ = true; }

  // What a new life finds. Returns the blocks of each instance that are there.
  std::map<InstanceId, std::set<BlockName>> Open(const std::string& agent, SpoolLog& log,
                                                 const std::map<InstanceId, Legacy>& legacies);

 private:
  struct Group {
    InstanceId instance;
    std::set<BlockName> names;
    bool synced = false;
  };
  class Watched;

  World& world_;
  bool excused_ = false;
  std::map<GroupId, Group> groups_;  // pending, and not forgotten
};

}  // namespace tributary::sim
