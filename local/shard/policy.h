#pragma once

#include <memory>

#include "common/rules/rule_set.h"
#include "local/shard/limits_config.h"

namespace tributary {

// What an operator decides about series: where they go and how many there may be. Does not change; another takes its
// place, which each shard adopts at the end of an interval.
struct Policy {
  RuleSet rules = {};
  LimitsConfig limits = {};
};
using PolicyPtr = std::shared_ptr<const Policy>;

}  // namespace tributary
