#include "common/rules/rules_config.h"

#include "common/config/config_document.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Read {
  RulesConfig config;
  std::string error;  // empty: none
};

Read ReadText(absl::string_view text) {
  Read read;
  absl::StatusOr<ConfigDocument> document = ParseYaml(text, "f.yaml");
  if (!document.ok()) return {{}, std::string(document.status().message())};
  ReadRules(document->root(), read.config);
  read.error = std::string(document->ToStatus().message());
  return read;
}

TEST(RulesConfigTest, NothingIsRequired) {
  const Read read = ReadText("");
  EXPECT_EQ(read.error, "");
  EXPECT_TRUE(BuildRules(read.config).ok());
}

TEST(RulesConfigTest, ReadsEveryKey) {
  const Read read = ReadText(R"(
extend_tags: ["cluster:eu1"]
services:
  - {name: api, rate: api.requests, error: api.errors, duration: api.latency}
rules:
  - name: "debug.*"
    tags: ["env:dev*"]
    types: [timer, histogram]
    drop: true
  - name: api.queue
    scope: global
    rename: queue
    by: [region]
  - name: api.size
    scopes: {global: {}, host: {as: "*.by_host"}}
    without: [user]
)");
  ASSERT_EQ(read.error, "");
  EXPECT_THAT(read.config.extend_tags, ElementsAre("cluster:eu1"));
  ASSERT_THAT(read.config.services, SizeIs(1));
  EXPECT_EQ(read.config.services[0].error, "api.errors");
  ASSERT_THAT(read.config.rules, SizeIs(3));
  const RuleSpec& debug = read.config.rules[0];
  EXPECT_EQ(debug.name, "debug.*");
  EXPECT_THAT(debug.tags, ElementsAre("env:dev*"));
  EXPECT_THAT(debug.types, ElementsAre(MetricType::kTimer, MetricType::kHistogram));
  EXPECT_TRUE(debug.drop);
  const RuleSpec& queue = read.config.rules[1];
  ASSERT_THAT(queue.scopes, SizeIs(1));
  EXPECT_EQ(queue.scopes[0].scope, Scope::kGlobal);
  EXPECT_EQ(queue.rename, "queue");
  EXPECT_THAT(*queue.by, ElementsAre("region"));
  const RuleSpec& size = read.config.rules[2];
  ASSERT_THAT(size.scopes, SizeIs(2));
  EXPECT_EQ(size.scopes[1].scope, Scope::kHost);
  EXPECT_EQ(size.scopes[1].as, "*.by_host");
  EXPECT_THAT(*size.without, ElementsAre("user"));
}

// Each line is wrong in one way; the error says where.
TEST(RulesConfigTest, ErrorsNameTheirLine) {
  const std::pair<const char*, const char*> wrong[] = {
      {"rules:\n  - {name: a, scope: planet}", "f.yaml:2: rules[0].scope: planet is none of"},
      {"rules:\n  - {name: a, types: [meter], drop: true}", "f.yaml:2: rules[0].types: no type is called meter"},
      {"rules:\n  - {name: a}", "f.yaml:2: rules[0].name: needs one of"},
      {"rules:\n  - {name: a, scope: host, scopes: {global: {}}}", "rules[0].scope: excludes scopes"},
      {"rules:\n  - name: a\n    scopes: {global: {}, host: {}}", "f.yaml:3: rules[0].scopes: host: needs a name"},
      {"rules:\n  - {name: a, drop: true, colour: red}", "rules[0].colour"},
      {"services:\n  - {rate: a}", "services[0].name"},
      {"services:\n  - {name: api}", "f.yaml:2: services[0].name: needs one of rate"},
      {"services:\n  - {name: api, rate: \"a.*\"}", "f.yaml:2: services[0].rate: must name one metric"},
      {"services:\n  - {name: a, rate: b}\n  - {name: a, rate: c}", "f.yaml:3: services[1].name: is taken"},
      {"extend_tags: [\"\"]", "f.yaml:1: extend_tags"},
  };
  for (const auto& [text, error] : wrong) EXPECT_THAT(ReadText(text).error, HasSubstr(error)) << text;
}

TEST(RulesConfigTest, MetricsOfServicesAreKeptForTheFleetAndByHost) {
  const Read read = ReadText("services:\n  - {name: api, rate: api.latency, duration: api.latency}");
  ASSERT_EQ(read.error, "");
  EXPECT_THAT(RulesOf(read.config.services), SizeIs(1));
  const absl::StatusOr<RuleSet> rules = BuildRules(read.config);
  ASSERT_TRUE(rules.ok());
  const RoutedSeriesList routed =
      rules->Apply({.name = "api.latency", .tags = {}, .type = MetricType::kTimer}, "web-1");
  ASSERT_THAT(routed, SizeIs(2));
  EXPECT_EQ(routed[0].scope, Scope::kGlobal);
  EXPECT_EQ(routed[0].key.name, "api.latency");
  EXPECT_EQ(routed[1].scope, Scope::kHost);
  EXPECT_EQ(routed[1].key.name, "api.latency.by_host");
  EXPECT_THAT(routed[1].key.tags, ElementsAre("host:web-1"));
}

TEST(RulesConfigTest, ARuleOverridesAService) {
  const Read read = ReadText(
      "services:\n  - {name: api, rate: api.requests}\n"
      "rules:\n  - {name: api.requests, scope: local}");
  const absl::StatusOr<RuleSet> rules = BuildRules(read.config);
  ASSERT_TRUE(rules.ok());
  const RoutedSeriesList routed = rules->Apply({.name = "api.requests", .tags = {}}, "web-1");
  ASSERT_THAT(routed, SizeIs(1));
  EXPECT_EQ(routed[0].scope, Scope::kLocal);
}

// What prints the keys of a configuration reads an empty one.
TEST(RulesConfigTest, CanBeDescribed) {
  ConfigDocument document = DescribingDocument();
  RulesConfig config;
  ReadRules(document.root(), config);
  const std::string keys = FormatConfigKeys(document.keys());
  for (const char* key : {"extend_tags", "services[].duration", "rules[].scopes.<name>.as", "rules[].without"}) {
    EXPECT_THAT(keys, HasSubstr(key));
  }
}

}  // namespace
}  // namespace tributary
