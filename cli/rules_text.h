#pragma once

#include <string>
#include <vector>

#include "common/rules/rule.h"
#include "common/rules/rule_trial.h"

namespace tributary {

// What was read for a trial.
struct TrialInput {
  uint64_t lines = 0;
  uint64_t lines_rejected = 0;
  uint64_t lines_skipped = 0;  // by the tap, for its rate
};

// For people; `entries` of each list, lines no longer than `columns` (0: any length).
std::string TrialText(const RuleTrial::Result& result, const std::vector<RuleSpec>& rules, const TrialInput& input,
                      size_t entries, size_t columns, bool bold);
// For programs; everything.
std::string TrialJson(const RuleTrial::Result& result, const std::vector<RuleSpec>& rules, const TrialInput& input);

// "api.* {region:eu} drop".
std::string RuleText(const RuleSpec& rule);

}  // namespace tributary
