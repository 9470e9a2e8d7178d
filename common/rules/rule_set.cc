#include "common/rules/rule_set.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace tributary {
namespace {

constexpr absl::string_view kLocalOnly = "veneurlocalonly";
constexpr absl::string_view kGlobalOnly = "veneurglobalonly";
constexpr absl::string_view kHostKey = "host";

bool HasKey(const std::vector<std::string>& tags, absl::string_view key) {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) { return TagKey(tag) == key; });
}

bool Holds(const std::vector<std::string>& keys, absl::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

template <class Condition>
void RemoveTags(std::vector<std::string>& tags, const Condition& condition) {
  tags.erase(std::remove_if(tags.begin(), tags.end(), condition), tags.end());
}

std::optional<Scope> ScopeAskedByClient(const std::vector<std::string>& tags) {
  if (HasKey(tags, kLocalOnly)) return Scope::kLocal;
  if (HasKey(tags, kGlobalOnly)) return Scope::kGlobal;
  return std::nullopt;
}

std::string Substitute(const std::string& pattern, const std::string& name) {
  return absl::StrReplaceAll(pattern, {{"*", name}});
}

void AddHost(SeriesKey& key, const SeriesKey& sent, absl::string_view host) {
  for (const std::string& tag : sent.tags) {
    if (TagKey(tag) == kHostKey) key.tags.push_back(tag);
  }
  if (!HasKey(key.tags, kHostKey) && !host.empty()) key.tags.push_back(absl::StrCat(kHostKey, ":", host));
  key.Canonicalise();
}

}  // namespace

bool IsTransportTag(absl::string_view tag) {
  const absl::string_view key = TagKey(tag);
  return key == kLocalOnly || key == kGlobalOnly || key == "dd.internal.entity_id" || key == "dd.internal.card";
}

absl::StatusOr<RuleSet> RuleSet::Build(std::vector<RuleSpec> rules, std::vector<std::string> extend_tags) {
  std::vector<std::string> errors;
  for (size_t i = 0; i < rules.size(); ++i) {
    for (const RuleProblem& problem : ProblemsOf(rules[i])) {
      errors.push_back(absl::StrCat("rules[", i, "].", problem.key, ": ", problem.message));
    }
  }
  for (const std::string& tag : extend_tags) {
    if (tag.empty() || tag.size() > kMaxTagBytes) {
      errors.push_back(absl::StrCat("extend_tags: each must have 1 to ", kMaxTagBytes, " bytes"));
    }
  }
  if (!errors.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
  return RuleSet(std::move(rules), std::move(extend_tags));
}

RuleSet::RuleSet(std::vector<RuleSpec> rules, std::vector<std::string> extend_tags)
    : rules_(std::move(rules)), extend_tags_(std::move(extend_tags)) {}

RoutedSeriesList RuleSet::Apply(const SeriesKey& raw, absl::string_view host,
                                std::optional<Scope> scope_of_source) const {
  const std::optional<Scope> asked = ScopeAskedByClient(raw.tags);
  const SeriesKey sent = SentKey(raw);
  std::optional<Decision> decision = Decide(sent);
  if (!decision.has_value()) return {};
  if (asked.has_value()) decision->scopes = {ScopeSpec{.scope = *asked}};
  if (decision->scopes.empty()) {
    decision->scopes = {ScopeSpec{.scope = scope_of_source.value_or(DefaultScope(sent.type))}};
  }

  RoutedSeriesList routed;
  for (const ScopeSpec& spec : decision->scopes) {
    SeriesKey key = decision->key;
    if (!spec.as.empty()) key.name = Substitute(spec.as, decision->key.name);
    if (spec.scope != Scope::kGlobal) AddHost(key, sent, host);
    const bool taken = std::any_of(routed.begin(), routed.end(),
                                   [&](const RoutedSeries& earlier) { return earlier.key.name == key.name; });
    if (!taken) routed.push_back({std::move(key), spec.scope});
  }
  return routed;
}

std::vector<size_t> RuleSet::Matching(const SeriesKey& raw) const {
  const SeriesKey sent = SentKey(raw);
  std::vector<size_t> matching;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (Matches(rules_[i], sent)) matching.push_back(i);
  }
  return matching;
}

SeriesKey RuleSet::SentKey(const SeriesKey& raw) const {
  SeriesKey sent = raw;
  RemoveTags(sent.tags, IsTransportTag);
  ExtendTags(sent);
  sent.Canonicalise();
  return sent;
}

void RuleSet::ExtendTags(SeriesKey& key) const {
  const size_t sent = key.tags.size();
  for (const std::string& tag : extend_tags_) {
    const auto end = key.tags.begin() + static_cast<std::ptrdiff_t>(sent);
    const bool client_has_it =
        std::any_of(key.tags.begin(), end, [&](const std::string& own) { return TagKey(own) == TagKey(tag); });
    if (!client_has_it) key.tags.push_back(tag);
  }
}

std::optional<RuleSet::Decision> RuleSet::Decide(const SeriesKey& sent) const {
  Decision decision{.key = sent, .scopes = {}};
  std::vector<std::string>& tags = decision.key.tags;
  for (const RuleSpec& rule : rules_) {
    if (!Matches(rule, sent)) continue;
    if (rule.drop) return std::nullopt;
    if (!rule.scopes.empty()) decision.scopes = rule.scopes;
    if (!rule.rename.empty()) decision.key.name = Substitute(rule.rename, sent.name);
    if (rule.by.has_value()) RemoveTags(tags, [&](const std::string& tag) { return !Holds(*rule.by, TagKey(tag)); });
    if (rule.without.has_value())
      RemoveTags(tags, [&](const std::string& tag) { return Holds(*rule.without, TagKey(tag)); });
  }
  return decision;
}

}  // namespace tributary
