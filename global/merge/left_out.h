#pragma once

#include <bitset>
#include <set>
#include <string>
#include <utility>

#include "common/base/interval.h"
#include "common/hash/partition.h"

namespace tributary {

using WindowName = std::pair<IntervalIndex, PartitionId>;
using RowVersions = std::bitset<256>;  // by number

// Of this node's rows of one window: those that readers do not take, for other globals have a set that is read instead
// (docs/delivery.md, rule 6).
struct LeftOut {
  RowVersions versions;
  std::set<std::string> for_whom;  // who else has committed it
  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

}  // namespace tributary
