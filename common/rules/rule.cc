#include "common/rules/rule.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/rules/glob.h"

namespace tributary {
namespace {

void CheckMatch(const RuleSpec& rule, std::vector<RuleProblem>& problems) {
  if (rule.name.empty()) problems.push_back({"name", "must not be empty"});
  for (const std::string& tag : rule.tags) {
    if (tag.empty()) problems.push_back({"tags", "must not hold an empty tag"});
  }
}

void CheckAction(const RuleSpec& rule, std::vector<RuleProblem>& problems) {
  const bool reshapes = !rule.scopes.empty() || !rule.rename.empty() || rule.by.has_value() || rule.without.has_value();
  if (rule.drop && reshapes)
    problems.push_back({"drop", "leaves nothing that scopes, rename, by or without could act on"});
  if (!rule.drop && !reshapes) problems.push_back({"name", "needs one of drop, scope, scopes, rename, by and without"});
  if (rule.by.has_value() && rule.without.has_value()) problems.push_back({"without", "excludes by"});
  if (rule.rename.size() > kMaxNameBytes) problems.push_back({"rename", "is longer than a name may be"});
}

// Two scopes under one name would count every sample twice in a sum over both.
void CheckScopes(const RuleSpec& rule, std::vector<RuleProblem>& problems) {
  std::set<Scope> seen;
  std::set<absl::string_view> names;
  const bool many_names = absl::StrContains(rule.name, "*");
  for (const ScopeSpec& spec : rule.scopes) {
    const auto problem = [&](absl::string_view message) {
      problems.push_back({"scopes", absl::StrCat(ScopeName(spec.scope), ": ", message)});
    };
    const bool first = seen.empty();
    if (!seen.insert(spec.scope).second) problem("is asked for twice");
    if (first) {
      if (!spec.as.empty()) problem("the first scope keeps the name; use rename");
      continue;
    }
    if (spec.as.empty() || spec.as == "*") problem("needs a name of its own: as: \"*.by_host\"");
    if (many_names && !absl::StrContains(spec.as, "*")) problem("as must hold a * where the rule's name does");
    if (spec.as.size() > kMaxNameBytes) problem("as is longer than a name may be");
    if (spec.as == rule.name || spec.as == rule.rename || !names.insert(spec.as).second)
      problem("as is taken by another scope");
  }
}

}  // namespace

std::vector<RuleProblem> ProblemsOf(const RuleSpec& rule) {
  std::vector<RuleProblem> problems;
  CheckMatch(rule, problems);
  CheckAction(rule, problems);
  CheckScopes(rule, problems);
  return problems;
}

bool Matches(const RuleSpec& rule, const SeriesKey& key) {
  const bool has_type =
      rule.types.empty() || std::find(rule.types.begin(), rule.types.end(), key.type) != rule.types.end();
  if (!has_type || !GlobMatches(rule.name, key.name)) return false;
  return std::all_of(rule.tags.begin(), rule.tags.end(), [&](const std::string& glob) {
    return std::any_of(key.tags.begin(), key.tags.end(),
                       [&](const std::string& tag) { return GlobMatches(glob, tag); });
  });
}

}  // namespace tributary
