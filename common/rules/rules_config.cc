#include "common/rules/rules_config.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

void ReadTypes(ConfigNode node, std::vector<MetricType>& types) {
  std::vector<std::string> names;
  node.Read("types", names);
  for (const std::string& name : names) {
    const std::optional<MetricType> type = ParseMetricType(name);
    node.Check(type.has_value(), "types", absl::StrCat("no type is called ", name));
    if (type.has_value()) types.push_back(*type);
  }
}

// `scope: host`, or `scopes: {global: {}, host: {as: "*.by_host"}}`.
void ReadScopes(ConfigNode node, std::vector<ScopeSpec>& scopes) {
  const auto add = [&](absl::string_view key, absl::string_view name, std::string as) {
    const std::optional<Scope> scope = ParseScope(name);
    node.Check(scope.has_value(), key, absl::StrCat(name, " is none of global, host and local"));
    if (scope.has_value()) scopes.push_back({*scope, std::move(as)});
  };
  std::string single;
  node.Read("scope", single);
  if (!single.empty()) add("scope", single, "");
  node.Check(single.empty() || !node.Has("scopes"), "scope", "excludes scopes");
  node.Map("scopes", [&](absl::string_view name, ConfigNode item) {
    std::string as;
    item.Read("as", as);
    add("scopes", name, std::move(as));
  });
}

std::optional<std::vector<std::string>> ReadTagKeys(ConfigNode node, absl::string_view key) {
  std::vector<std::string> tag_keys;
  node.Read(key, tag_keys);
  if (!node.Has(key)) return std::nullopt;
  return tag_keys;
}

RuleSpec ReadRule(ConfigNode node) {
  RuleSpec rule;
  node.Read("name", rule.name);
  node.Read("tags", rule.tags);
  ReadTypes(node, rule.types);
  node.Read("drop", rule.drop);
  ReadScopes(node, rule.scopes);
  node.Read("rename", rule.rename);
  rule.by = ReadTagKeys(node, "by");
  rule.without = ReadTagKeys(node, "without");
  for (const RuleProblem& problem : ProblemsOf(rule)) node.Check(false, problem.key, problem.message);
  return rule;
}

void ReadMetric(ConfigNode node, absl::string_view key, std::string& metric) {
  node.Read(key, metric);
  node.Check(!absl::StrContains(metric, "*"), key, "must name one metric");
  node.Check(metric.size() + kByHostSuffix.size() <= kMaxNameBytes, key, "is longer than a name may be");
}

ServiceSpec ReadService(ConfigNode node) {
  ServiceSpec service;
  node.Require("name");
  node.Read("name", service.name);
  ReadMetric(node, "rate", service.rate);
  ReadMetric(node, "error", service.error);
  ReadMetric(node, "duration", service.duration);
  const bool has_metric = !service.rate.empty() || !service.error.empty() || !service.duration.empty();
  node.Check(has_metric, "name", "needs one of rate, error and duration");
  return service;
}

}  // namespace

void ReadRules(ConfigNode root, RulesConfig& config) {
  root.Read("extend_tags", config.extend_tags);
  for (const std::string& tag : config.extend_tags) {
    root.Check(!tag.empty() && tag.size() <= kMaxTagBytes, "extend_tags",
               absl::StrCat("each must have 1 to ", kMaxTagBytes, " bytes"));
  }
  ReadServices(root, config.services);
  root.List("rules", [&](ConfigNode node) { config.rules.push_back(ReadRule(node)); });
}

void ReadServices(ConfigNode root, std::vector<ServiceSpec>& services) {
  std::set<std::string> names;
  root.List("services", [&](ConfigNode node) {
    services.push_back(ReadService(node));
    node.Check(names.insert(services.back().name).second, "name", "is taken by another service");
  });
}

std::vector<RuleSpec> RulesOf(const std::vector<ServiceSpec>& services) {
  std::vector<RuleSpec> rules;
  std::set<std::string> done;
  for (const ServiceSpec& service : services) {
    for (const std::string& metric : {service.rate, service.error, service.duration}) {
      if (metric.empty() || !done.insert(metric).second) continue;
      RuleSpec rule;
      rule.name = metric;
      rule.scopes = {{Scope::kGlobal, ""}, {Scope::kHost, absl::StrCat("*", kByHostSuffix)}};
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

absl::StatusOr<RuleSet> BuildRules(const RulesConfig& config) {
  std::vector<RuleSpec> rules = RulesOf(config.services);
  rules.insert(rules.end(), config.rules.begin(), config.rules.end());
  return RuleSet::Build(std::move(rules), config.extend_tags);
}

}  // namespace tributary
