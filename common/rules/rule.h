#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/metric/metric_type.h"
#include "common/metric/series_key.h"
#include "common/rules/scope.h"

namespace tributary {

struct ScopeSpec {
  Scope scope = Scope::kGlobal;
  // Its name in this scope; `*` stands for the name it has otherwise. Empty: the same name.
  std::string as = {};
};

// What is done with the series that match, as it is written in the configuration. A value.
//
// A rule looks at the key that the client sent (with extend_tags), whatever earlier rules did. All of name, tags and
// types must match. Globs: `*` stands for any bytes, also none.
struct RuleSpec {
  std::string name = "*";
  std::vector<std::string> tags;  // each must match at least one whole tag: "region:eu*", "canary"
  std::vector<MetricType> types;  // one of them; empty: any

  bool drop = false;
  std::vector<ScopeSpec> scopes;                    // empty: says nothing about it
  std::string rename;                               // `*` stands for the client's name; empty: keeps it
  std::optional<std::vector<std::string>> by;       // keeps these tag keys only
  std::optional<std::vector<std::string>> without;  // removes these tag keys
};

struct RuleProblem {
  std::string key;      // of the configuration: "scopes"
  std::string message;  // "must ..."
};

// Everything that is wrong with a rule on its own; empty when it can be used.
std::vector<RuleProblem> ProblemsOf(const RuleSpec& rule);

bool Matches(const RuleSpec& rule, const SeriesKey& key);

}  // namespace tributary
