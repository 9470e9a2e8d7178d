#include "common/rules/rule_set.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SeriesKey Key(std::string name, std::vector<std::string> tags, MetricType type = MetricType::kTimer) {
  return {.name = std::move(name), .tags = std::move(tags), .type = type};
}

// "global api.latency{region:eu}" for each series, on host web-1.
std::vector<std::string> Routes(const RuleSet& rules, const SeriesKey& raw) {
  std::vector<std::string> routes;
  for (const RoutedSeries& routed : rules.Apply(raw, "web-1")) {
    EXPECT_TRUE(routed.key.IsCanonical());
    EXPECT_EQ(routed.key.type, raw.type);
    routes.push_back(
        absl::StrCat(ScopeName(routed.scope), " ", routed.key.name, "{", absl::StrJoin(routed.key.tags, ","), "}"));
  }
  return routes;
}

RuleSet Build(std::vector<RuleSpec> rules, std::vector<std::string> extend_tags = {}) {
  absl::StatusOr<RuleSet> built = RuleSet::Build(std::move(rules), std::move(extend_tags));
  EXPECT_TRUE(built.ok()) << built.status();
  return *std::move(built);
}

// A rule that does nothing yet for all series of that name.
RuleSpec For(std::string name) {
  RuleSpec rule;
  rule.name = std::move(name);
  return rule;
}

RuleSpec Scoped(std::string name, std::vector<ScopeSpec> scopes) {
  RuleSpec rule = For(std::move(name));
  rule.scopes = std::move(scopes);
  return rule;
}

const ScopeSpec kGlobal = {Scope::kGlobal, ""};
const ScopeSpec kHost = {Scope::kHost, ""};
const ScopeSpec kLocal = {Scope::kLocal, ""};
const ScopeSpec kByHost = {Scope::kHost, "*.by_host"};

TEST(RuleSetTest, TypesHaveTheirDefaultScopes) {
  const RuleSet rules;
  for (const MetricType type : {MetricType::kCounter, MetricType::kTimer, MetricType::kHistogram,
                                MetricType::kDistribution, MetricType::kSet}) {
    EXPECT_THAT(Routes(rules, Key("m", {}, type)), ElementsAre("global m{}"));
  }
  for (const MetricType type : {MetricType::kGauge, MetricType::kCheck}) {
    EXPECT_THAT(Routes(rules, Key("m", {}, type)), ElementsAre("host m{host:web-1}"));
  }
}

TEST(RuleSetTest, TagsAreBroughtInOrder) {
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"b", "a", "b"})), ElementsAre("global m{a,b}"));
}

TEST(RuleSetTest, HostScopeKeepsAClientsHost) {
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"host:db-7"}, MetricType::kGauge)), ElementsAre("host m{host:db-7}"));
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"host"}, MetricType::kGauge)), ElementsAre("host m{host}"));
}

TEST(RuleSetTest, GlobalScopeAddsNoHostAndKeepsAClients) {
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"host:db-7"})), ElementsAre("global m{host:db-7}"));
}

TEST(RuleSetTest, AnAgentWithoutAHostAddsNone) {
  const RoutedSeriesList routed = RuleSet().Apply(Key("m", {}, MetricType::kGauge), "");
  ASSERT_EQ(routed.size(), 1u);
  EXPECT_THAT(routed[0].key.tags, IsEmpty());
}

TEST(RuleSetTest, ClientsChooseTheScopeWithVeneursTags) {
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"veneurlocalonly", "a"})), ElementsAre("local m{a,host:web-1}"));
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"veneurglobalonly:true"}, MetricType::kGauge)), ElementsAre("global m{}"));
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"veneurglobalonly", "veneurlocalonly"})), ElementsAre("local m{host:web-1}"));
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"veneurlocalonlyfoo"})), ElementsAre("global m{veneurlocalonlyfoo}"));
}

TEST(RuleSetTest, AClientsScopeBeatsThatOfARule) {
  const RuleSet rules = Build({Scoped("m", {kGlobal, kByHost})});
  EXPECT_THAT(Routes(rules, Key("m", {"veneurlocalonly"})), ElementsAre("local m{host:web-1}"));
}

TEST(RuleSetTest, TagsOfTheTransportAreRemoved) {
  EXPECT_THAT(Routes(RuleSet(), Key("m", {"dd.internal.entity_id:x", "dd.internal.card:low", "dd.internal.other:y"})),
              ElementsAre("global m{dd.internal.other:y}"));
}

TEST(RuleSetTest, AnotherScopeHasItsOwnName) {
  const RuleSet rules = Build({Scoped("api.*", {kGlobal, kByHost, {Scope::kLocal, "local.*"}})});
  EXPECT_THAT(Routes(rules, Key("api.latency", {"region:eu"})),
              ElementsAre("global api.latency{region:eu}", "host api.latency.by_host{host:web-1,region:eu}",
                          "local local.api.latency{host:web-1,region:eu}"));
  EXPECT_THAT(Routes(rules, Key("db.latency", {})), ElementsAre("global db.latency{}"));
}

TEST(RuleSetTest, DropEndsASeries) {
  RuleSpec drop = For("debug.*");
  drop.drop = true;
  const RuleSet rules = Build({drop, Scoped("*", {kHost})});
  EXPECT_THAT(Routes(rules, Key("debug.x", {})), IsEmpty());
  EXPECT_THAT(Routes(rules, Key("x", {})), ElementsAre("host x{host:web-1}"));
}

TEST(RuleSetTest, ALaterRulesScopesAndNameWin) {
  RuleSpec first = Scoped("m", {kHost});
  first.rename = "first";
  RuleSpec second = Scoped("m", {kLocal});
  second.rename = "second.*";
  EXPECT_THAT(Routes(Build({first, second}), Key("m", {})), ElementsAre("local second.m{host:web-1}"));
}

TEST(RuleSetTest, RulesLookAtWhatTheClientSent) {
  RuleSpec rename = For("old");
  rename.rename = "new";
  rename.by = std::vector<std::string>{};
  RuleSpec on_old = Scoped("old", {kLocal});
  on_old.tags = {"env:dev"};
  EXPECT_THAT(Routes(Build({rename, on_old, Scoped("new", {kHost})}), Key("old", {"env:dev"})),
              ElementsAre("local new{host:web-1}"));
}

TEST(RuleSetTest, TagsMustAllMatch) {
  RuleSpec rule = Scoped("*", {kLocal});
  rule.tags = {"env:dev*", "canary"};
  const RuleSet rules = Build({rule});
  EXPECT_THAT(Routes(rules, Key("m", {"env:dev-1", "canary"})), ElementsAre("local m{canary,env:dev-1,host:web-1}"));
  EXPECT_THAT(Routes(rules, Key("m", {"env:dev-1"})), ElementsAre("global m{env:dev-1}"));
  EXPECT_THAT(Routes(rules, Key("m", {"env:prod", "canary"})), ElementsAre("global m{canary,env:prod}"));
}

TEST(RuleSetTest, TypesMustMatchOne) {
  RuleSpec rule = Scoped("*", {kLocal});
  rule.types = {MetricType::kSet, MetricType::kCounter};
  const RuleSet rules = Build({rule});
  EXPECT_THAT(Routes(rules, Key("m", {}, MetricType::kCounter)), ElementsAre("local m{host:web-1}"));
  EXPECT_THAT(Routes(rules, Key("m", {}, MetricType::kTimer)), ElementsAre("global m{}"));
}

TEST(RuleSetTest, ByKeepsAndWithoutRemovesTagKeys) {
  RuleSpec by = For("by");
  by.by = {"region", "canary"};
  RuleSpec without = For("without");
  without.without = {"user", "canary"};
  const RuleSet rules = Build({by, without});
  const std::vector<std::string> tags = {"canary", "region:eu", "user:1"};
  EXPECT_THAT(Routes(rules, Key("by", tags)), ElementsAre("global by{canary,region:eu}"));
  EXPECT_THAT(Routes(rules, Key("without", tags)), ElementsAre("global without{region:eu}"));
}

TEST(RuleSetTest, ByOfNothingRemovesAllTags) {
  RuleSpec rule = For("*");
  rule.by = std::vector<std::string>{};
  EXPECT_THAT(Routes(Build({rule}), Key("m", {"a", "b:c"})), ElementsAre("global m{}"));
}

// Else the row would be put down to the agent's host.
TEST(RuleSetTest, HostScopeKeepsAClientsHostWhateverBySays) {
  RuleSpec rule = Scoped("*", {kHost});
  rule.by = {"region"};
  EXPECT_THAT(Routes(Build({rule}), Key("m", {"host:db-7", "region:eu", "user:1"})),
              ElementsAre("host m{host:db-7,region:eu}"));
}

TEST(RuleSetTest, ExtendTagsAreAddedUnlessTheClientSentTheirKey) {
  const RuleSet rules = Build({}, {"region:eu", "team:a", "team:b", "bare"});
  EXPECT_THAT(Routes(rules, Key("m", {})), ElementsAre("global m{bare,region:eu,team:a,team:b}"));
  EXPECT_THAT(Routes(rules, Key("m", {"region:us"})), ElementsAre("global m{bare,region:us,team:a,team:b}"));
}

TEST(RuleSetTest, RulesSeeExtendTags) {
  RuleSpec rule = Scoped("*", {kLocal});
  rule.tags = {"region:eu"};
  EXPECT_THAT(Routes(Build({rule}, {"region:eu"}), Key("m", {})), ElementsAre("local m{host:web-1,region:eu}"));
}

// Two series of one name would be counted twice in a sum over both.
TEST(RuleSetTest, NamesThatComeOutEqualAreKeptOnce) {
  RuleSpec rename = For("m");
  rename.rename = "api";
  const RuleSet rules = Build({Scoped("m", {kGlobal, {Scope::kHost, "api"}}), rename});
  EXPECT_THAT(Routes(rules, Key("m", {})), ElementsAre("global api{}"));
}

TEST(RuleSetTest, BuildTellsEveryProblemAtOnce) {
  RuleSpec contradiction = Scoped("a", {kHost});
  contradiction.drop = true;
  RuleSpec both = For("b");
  both.by = {"x"};
  both.without = {"y"};
  const absl::Status status = RuleSet::Build({contradiction, both, For("c")}, {""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("rules[0].drop"), HasSubstr("rules[1].without"),
                                                   HasSubstr("rules[2].name"), HasSubstr("extend_tags")));
}

TEST(RuleSetTest, ScopesThatWouldCountTwiceAreRefused) {
  const std::vector<std::vector<ScopeSpec>> refused = {
      {kGlobal, kHost},                                      // one name for both
      {kGlobal, {Scope::kHost, "*"}},                        // the same, spelled out
      {kGlobal, {Scope::kHost, "m"}},                        // the same again
      {kGlobal, {Scope::kGlobal, "other"}},                  // a scope twice
      {kGlobal, {Scope::kHost, "x"}, {Scope::kLocal, "x"}},  // one name for two others
      {{Scope::kGlobal, "x"}, kByHost},                      // the first keeps the name
      {kGlobal, {Scope::kHost, std::string(1025, 'n')}},     // longer than a name may be
  };
  for (size_t i = 0; i < refused.size(); ++i) {
    EXPECT_FALSE(RuleSet::Build({Scoped("m", refused[i])}).ok()) << i;
  }
  EXPECT_TRUE(RuleSet::Build({Scoped("m", {kGlobal, {Scope::kHost, "m.by_host"}})}).ok());
}

TEST(RuleSetTest, ManyNamesAreNotFoldedIntoOneByAs) {
  EXPECT_FALSE(RuleSet::Build({Scoped("api.*", {kGlobal, {Scope::kHost, "by_host"}})}).ok());
}

}  // namespace
}  // namespace tributary
