#include "common/config/config_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "common/config/config_document.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

enum class Naming { kPlain, kVeneur };

struct SinkConfig {
  std::string url;
  absl::Duration timeout = absl::Seconds(5);
};

// One key of every type, as a daemon would declare them.
struct TestConfig {
  absl::Duration interval = absl::Seconds(10);
  bool strict = false;
  int port = 8125;
  uint64_t limit = 100;
  double threshold = 0.99;
  std::string cluster = "main";
  std::string token;
  Naming naming = Naming::kPlain;
  std::vector<double> percentiles = {0.5, 0.99};
  struct {
    uint64_t max_batch_bytes = 1 << 20;
    std::vector<std::string> peers;
    std::map<std::string, std::string> tags;
  } forward;
  std::vector<SinkConfig> sinks;
  std::map<std::string, double> services;
};

TestConfig ReadTestConfig(ConfigNode root) {
  TestConfig config;
  root.Read("interval", config.interval, {.min = absl::Seconds(1), .max = absl::Minutes(1)});
  root.Read("strict", config.strict);
  root.Read("port", config.port, {.min = 1, .max = 65535});
  root.Read("limit", config.limit, {.min = 1});
  root.Read("threshold", config.threshold, {.min = 0, .max = 1});
  root.Read("cluster", config.cluster);
  root.ReadSecret("token", config.token);
  root.ReadEnum("naming", config.naming, {{"plain", Naming::kPlain}, {"veneur", Naming::kVeneur}});
  root.Read("percentiles", config.percentiles, {.min = 0, .max = 1});
  ConfigNode forward = root.Section("forward");
  forward.ReadBytes("max_batch_bytes", config.forward.max_batch_bytes, {.min = 1024, .max = 4 << 20});
  forward.Read("peers", config.forward.peers);
  forward.Read("tags", config.forward.tags);
  root.List("sinks", [&](ConfigNode item) {
    SinkConfig& sink = config.sinks.emplace_back();
    item.Require("url");
    item.Read("url", sink.url);
    item.Read("timeout", sink.timeout);
  });
  root.Map("services",
           [&](absl::string_view name, ConfigNode item) { item.Read("rate", config.services[std::string(name)]); });
  root.Check(!config.strict || config.threshold == 1, "strict", "needs threshold: 1");
  return config;
}

std::string ErrorsOf(absl::string_view text, Environment environment = {}) {
  auto document = ParseYaml(text, "f.yaml", std::move(environment));
  if (!document.ok()) return std::string(document.status().message());
  ReadTestConfig(document->root());
  return std::string(document->ToStatus().message());
}

TestConfig ConfigOf(absl::string_view text, Environment environment = {}) {
  auto document = ParseYaml(text, "f.yaml", std::move(environment));
  EXPECT_TRUE(document.ok()) << document.status();
  TestConfig config = ReadTestConfig(document->root());
  EXPECT_TRUE(document->ToStatus().ok()) << document->ToStatus();
  return config;
}

TEST(ConfigNodeTest, NothingWrittenLeavesTheDefaults) {
  const TestConfig config = ConfigOf("forward:\nsinks:\npercentiles:\n");
  EXPECT_EQ(config.interval, absl::Seconds(10));
  EXPECT_EQ(config.port, 8125);
  EXPECT_EQ(config.forward.max_batch_bytes, 1u << 20);
  EXPECT_THAT(config.percentiles, ElementsAre(0.5, 0.99));
}

TEST(ConfigNodeTest, EveryTypeIsRead) {
  const TestConfig config = ConfigOf(R"(
interval: 30s
strict: true
port: 9125
limit: 18446744073709551615
threshold: 1
cluster: "edge: 1"
token: hunter2
naming: veneur
percentiles: [0.9, 0.999]
forward:
  max_batch_bytes: 64KiB
  peers: [a:1, b:2]
  tags: {region: eu, zone: "1"}
sinks:
  - url: http://one
  - {url: http://two, timeout: 1m}
services:
  checkout: {rate: 2.5}
  login:
    rate: 1e3
)");
  EXPECT_EQ(config.interval, absl::Seconds(30));
  EXPECT_TRUE(config.strict);
  EXPECT_EQ(config.port, 9125);
  EXPECT_EQ(config.limit, 18446744073709551615u);
  EXPECT_EQ(config.threshold, 1);
  EXPECT_EQ(config.cluster, "edge: 1");
  EXPECT_EQ(config.token, "hunter2");
  EXPECT_EQ(config.naming, Naming::kVeneur);
  EXPECT_THAT(config.percentiles, ElementsAre(0.9, 0.999));
  EXPECT_EQ(config.forward.max_batch_bytes, 65536u);
  EXPECT_THAT(config.forward.peers, ElementsAre("a:1", "b:2"));
  EXPECT_THAT(config.forward.tags, ElementsAre(Pair("region", "eu"), Pair("zone", "1")));
  ASSERT_EQ(config.sinks.size(), 2u);
  EXPECT_EQ(config.sinks[0].url, "http://one");
  EXPECT_EQ(config.sinks[0].timeout, absl::Seconds(5));
  EXPECT_EQ(config.sinks[1].timeout, absl::Minutes(1));
  EXPECT_THAT(config.services, ElementsAre(Pair("checkout", 2.5), Pair("login", 1000)));
}

struct BadConfig {
  const char* yaml;
  const char* errors;
};

TEST(ConfigNodeTest, BadConfigurationsAreToldByLine) {
  const BadConfig cases[] = {
      {"interval: ten", "f.yaml:1: interval: expected a duration such as 10s or 1h30m, not \"ten\""},
      {"interval: 100ms", "f.yaml:1: interval: must be between 1s and 1m, not \"100ms\""},
      {"interval:", "f.yaml:1: interval: has no value"},
      {"interval: [10s]", "f.yaml:1: interval: expected one value"},
      {"strict: yes", "f.yaml:1: strict: expected true or false, not \"yes\""},
      {"strict: true", "f.yaml:1: strict: needs threshold: 1"},
      {"port: 8125.5", "f.yaml:1: port: expected an integer, not \"8125.5\""},
      {"port: 0", "f.yaml:1: port: must be between 1 and 65535, not \"0\""},
      {"port: 99999999999", "f.yaml:1: port: expected a smaller integer, not \"99999999999\""},
      {"limit: 0", "f.yaml:1: limit: must be at least 1, not \"0\""},
      {"threshold: .nan", "f.yaml:1: threshold: expected a number, not \".nan\""},
      {"threshold: nan", "f.yaml:1: threshold: expected a number, not \"nan\""},
      {"threshold: 2", "f.yaml:1: threshold: must be between 0 and 1, not \"2\""},
      {"naming: fancy", "f.yaml:1: naming: expected plain or veneur, not \"fancy\""},
      {"percentiles: 0.5", "f.yaml:1: percentiles: expected a list"},
      {"percentiles:\n- 0.5\n- 99", "f.yaml:3: percentiles[1]: must be between 0 and 1, not \"99\""},
      {"percentiles: [[1]]", "f.yaml:1: percentiles: expected a list of single values"},
      {"forward: 3", "f.yaml:1: forward: expected a map of keys"},
      {"forward:\n  max_batch_bytes: 64M",
       "f.yaml:2: forward.max_batch_bytes: expected a size such as 64MiB or 8KB, not \"64M\""},
      {"forward:\n  max_batch_bytes: 5MiB",
       "f.yaml:2: forward.max_batch_bytes: must be between 1KiB and 4MiB, not \"5MiB\""},
      {"forward:\n  tags:\n    a: [1]", "f.yaml:3: forward.tags.a: expected one value"},
      {"forward:\n  tags: [a]", "f.yaml:2: forward.tags: expected a map of names to values"},
      {"intervall: 10s", "f.yaml:1: intervall: unknown key; did you mean \"interval\"?"},
      {"forward:\n  max_batch_byte: 1",
       "f.yaml:2: forward.max_batch_byte: unknown key; did you mean \"max_batch_bytes\"?"},
      {"flush: 1", "f.yaml:1: flush: unknown key"},
      {"\"\\x01\": 1", "f.yaml:1: \\x01: unknown key"},
      {"sinks:\n- url: a\n  timeot: 1s", "f.yaml:3: sinks[0].timeot: unknown key; did you mean \"timeout\"?"},
      {"sinks:\n- url: a\n- timeout: 1s", "f.yaml:3: sinks[1].url: is required"},
      {"sinks:\n- a", "f.yaml:2: sinks[0]: expected a map of keys\nf.yaml: sinks[0].url: is required"},
      {"sinks: {url: a}", "f.yaml:1: sinks: expected a list of maps"},
      {"services: [a]", "f.yaml:1: services: expected a map of names to maps"},
      {"services:\n  a: 1", "f.yaml:2: services.a: expected a map of keys"},
      {"port: 1\nport: 2", "f.yaml:2: port: was given on line 1 already"},
      {"[a, b]", "f.yaml:1: expected a map of keys"},
      {"port: {", "f.yaml:1: end of map flow not found"},
  };
  for (const BadConfig& c : cases) EXPECT_EQ(ErrorsOf(c.yaml), c.errors) << c.yaml;
}

TEST(ConfigNodeTest, AllErrorsAreToldAtOnceInTheOrderOfLines) {
  EXPECT_EQ(ErrorsOf("prot: 1\nthreshold: 7\nforward:\n  peers: a\ninterval: x\n"),
            "f.yaml:1: prot: unknown key; did you mean \"port\"?\n"
            "f.yaml:2: threshold: must be between 0 and 1, not \"7\"\n"
            "f.yaml:4: forward.peers: expected a list\n"
            "f.yaml:5: interval: expected a duration such as 10s or 1h30m, not \"x\"");
}

TEST(ConfigNodeTest, AWrongValueLeavesTheDefault) {
  auto document = ParseYaml("port: 0\npercentiles: [0.9, x]\n", "f.yaml");
  ASSERT_TRUE(document.ok());
  const TestConfig config = ReadTestConfig(document->root());
  EXPECT_EQ(config.port, 8125);
  EXPECT_THAT(config.percentiles, ElementsAre(0.5, 0.99));
}

TEST(ConfigNodeTest, VariablesWinOverTheFile) {
  const TestConfig config = ConfigOf("port: 1\nforward: {max_batch_bytes: 2KiB, peers: [x]}\n",
                                     {{"TRIBUTARY_PORT", "2"},
                                      {"TRIBUTARY_FORWARD_MAX_BATCH_BYTES", "4KiB"},
                                      {"TRIBUTARY_FORWARD_PEERS", "a:1, b:2"},
                                      {"TRIBUTARY_PERCENTILES", "0.1,0.2"},
                                      {"TRIBUTARY_NAMING", "veneur"}});
  EXPECT_EQ(config.port, 2);
  EXPECT_EQ(config.forward.max_batch_bytes, 4096u);
  EXPECT_THAT(config.forward.peers, ElementsAre("a:1", "b:2"));
  EXPECT_THAT(config.percentiles, ElementsAre(0.1, 0.2));
  EXPECT_EQ(config.naming, Naming::kVeneur);
}

TEST(ConfigNodeTest, VariablesReachSectionsTheFileLacks) {
  EXPECT_EQ(ConfigOf("", {{"TRIBUTARY_FORWARD_MAX_BATCH_BYTES", "4KiB"}}).forward.max_batch_bytes, 4096u);
}

TEST(ConfigNodeTest, AnEmptyVariableEmptiesAList) {
  EXPECT_TRUE(ConfigOf("forward: {peers: [a]}", {{"TRIBUTARY_FORWARD_PEERS", ""}}).forward.peers.empty());
}

TEST(ConfigNodeTest, ErrorsInVariablesNameThem) {
  EXPECT_EQ(ErrorsOf("port: 1", {{"TRIBUTARY_PORT", "x"}, {"TRIBUTARY_PERCENTILES", "0.5,7"}}),
            "TRIBUTARY_PORT: port: expected an integer, not \"x\"\n"
            "TRIBUTARY_PERCENTILES: percentiles[1]: must be between 0 and 1, not \"7\"");
  EXPECT_EQ(ErrorsOf("", {{"TRIBUTARY_STRICT", "true"}}), "TRIBUTARY_STRICT: strict: needs threshold: 1");
}

TEST(ConfigNodeTest, VariablesDoNotReachIntoLists) {
  const TestConfig config = ConfigOf("sinks: [{url: a}]", {{"TRIBUTARY_SINKS_0__URL", "b"}});
  EXPECT_EQ(config.sinks.at(0).url, "a");
}

TEST(ConfigNodeTest, HasSeesFileAndVariables) {
  auto document = ParseYaml("a: 1\nb:\n", "f.yaml", {{"TRIBUTARY_C", "1"}});
  ASSERT_TRUE(document.ok());
  const ConfigNode root = document->root();
  EXPECT_TRUE(root.Has("a"));
  EXPECT_FALSE(root.Has("b"));
  EXPECT_TRUE(root.Has("c"));
  EXPECT_FALSE(root.Has("d"));
}

TEST(ConfigNodeTest, TypesAreListedWithTheEndsOfTheirRanges) {
  ConfigDocument document = DescribingDocument();
  ReadTestConfig(document.root());
  std::map<std::string, std::string> types;
  for (const ConfigKey& key : document.keys()) types[key.path] = key.type;
  EXPECT_EQ(types["interval"], "duration 1s..1m");
  EXPECT_EQ(types["port"], "integer 1..65535");
  EXPECT_EQ(types["limit"], "integer 1..");
  EXPECT_EQ(types["forward.max_batch_bytes"], "bytes 1KiB..4MiB");
  EXPECT_EQ(types["percentiles"], "list of number 0..1");
  EXPECT_EQ(types["sinks[].timeout"], "duration");
}

TEST(ConfigNodeTest, LongAndBinaryValuesAreShownShortAndEscaped) {
  EXPECT_EQ(ErrorsOf("strict: " + std::string(1000, 'x')),
            "f.yaml:1: strict: expected true or false, not \"" + std::string(64, 'x') + "...\"");
  EXPECT_EQ(ErrorsOf("strict: \"a\\nb\""), "f.yaml:1: strict: expected true or false, not \"a\\nb\"");
}

}  // namespace
}  // namespace tributary
