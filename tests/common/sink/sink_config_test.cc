#include "common/sink/sink_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/config/config_document.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/sink/fake_storage.h"
#include "tests/common/sink/rows.h"
#include "tests/support/temp_file.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

absl::StatusOr<std::vector<SinkConfig>> Parse(const std::string& yaml) {
  absl::StatusOr<ConfigDocument> document = ParseYaml(yaml, "test.yaml");
  if (!document.ok()) return document.status();
  ConfigNode root = document->root();
  std::vector<SinkConfig> sinks = ReadSinks(root);
  const absl::Status status = document->ToStatus();
  if (!status.ok()) return status;
  return sinks;
}

std::string ErrorOf(const std::string& yaml) { return std::string(Parse(yaml).status().message()); }

TEST(SinkConfigTest, ReadsEveryKeyOfRemoteWrite) {
  const auto sinks = Parse(R"(
sinks:
  - kind: remote_write
    name: vm
    url: https://vm:8428/api/v1/write
    match: {names: ["api.*"], exclude_names: ["*.debug"], tags: ["env:prod"], exclude_tags: ["canary"]}
    percentiles: [0.999, 0.5, 0.999]
    aggregates: [count, hmean]
    gauge_aggregates: [max]
    strict: true
    counters: interval
    histograms: vmrange
    histogram_schema: 3
    labels: {cluster: c1}
    headers: {X-Scope-OrgID: t}
    timeout: 3s
    max_samples_per_request: 7
    max_identities: 2000
    queue_bytes: 2MiB
    username: me
    password: secret
)");
  ASSERT_TRUE(sinks.ok()) << sinks.status();
  ASSERT_EQ(sinks->size(), 1u);
  const SinkConfig& sink = sinks->front();
  EXPECT_EQ(sink.kind, SinkKind::kRemoteWrite);
  EXPECT_EQ(sink.name, "vm");
  EXPECT_THAT(sink.match.names, ElementsAre("api.*"));
  EXPECT_THAT(sink.match.exclude_tags, ElementsAre("canary"));
  EXPECT_THAT(sink.points.statistics.percentiles, ElementsAre(0.5, 0.999));
  EXPECT_THAT(sink.points.statistics.aggregates, ElementsAre(Statistic::kCount, Statistic::kHmean));
  EXPECT_THAT(sink.points.statistics.gauge_aggregates, ElementsAre(Statistic::kMax));
  EXPECT_TRUE(sink.points.statistics.strict);
  EXPECT_EQ(sink.points.counters, CounterForm::kInterval);
  EXPECT_EQ(sink.points.histograms, HistogramForm::kVmrange);
  EXPECT_EQ(sink.points.histogram_schema, 3);
  EXPECT_THAT(sink.points.labels, ElementsAre(Pair("cluster", "c1")));
  EXPECT_EQ(sink.timeout, absl::Seconds(3));
  EXPECT_EQ(sink.max_samples_per_request, 7u);
  EXPECT_EQ(sink.queue_bytes, 2u << 20);
}

TEST(SinkConfigTest, NativeHistogramsStandAlone) {
  EXPECT_TRUE(Parse("sinks: [{kind: remote_write, url: http://x, histograms: native, percentiles: []}]").ok());
}

TEST(SinkConfigTest, NameDefaultsToTheKind) {
  const auto sinks = Parse("sinks: [{kind: json_lines, path: /tmp/x}, {kind: stdout}]");
  ASSERT_TRUE(sinks.ok()) << sinks.status();
  EXPECT_EQ((*sinks)[0].name, "json_lines");
  EXPECT_EQ((*sinks)[1].name, "stdout");
}

TEST(SinkConfigTest, MistakesAreNamed) {
  EXPECT_THAT(ErrorOf("sinks: [{name: x}]"), HasSubstr("kind"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: kafka}]"), HasSubstr("kafka"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write}]"), HasSubstr("url"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write, url: vm:8428}]"), HasSubstr("http://"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: json_lines}]"), HasSubstr("path"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: stdout, url: http://x}]"), HasSubstr("url"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: stdout, percentiles: [1.5]}]"), HasSubstr("percentiles"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: stdout, aggregates: [bogus]}]"), HasSubstr("bogus"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: stdout, gauge_aggregates: [hmean]}]"), HasSubstr("hmean"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write, url: http://x, histograms: native}]"),
              HasSubstr("percentiles: []"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write, url: http://x, histograms: native, percentiles: [], "
                      "histogram_schema: 9}]"),
              HasSubstr("histogram_schema"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: stdout}, {kind: stdout}]"), HasSubstr("two sinks are named"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write, url: http://x, key_file: k}]"), HasSubstr("certificate_file"));
  EXPECT_THAT(ErrorOf("sinks: [{kind: remote_write, url: http://x, username: u, bearer_token: t}]"),
              HasSubstr("only one of"));
}

TEST(SinkConfigTest, SecretsAreNotShown) {
  absl::StatusOr<ConfigDocument> document =
      ParseYaml("sinks: [{kind: remote_write, url: http://x, bearer_token: hush}]", "test.yaml");
  ASSERT_TRUE(document.ok());
  ConfigNode root = document->root();
  ReadSinks(root);
  EXPECT_THAT(FormatConfigValues(document->keys()), ::testing::Not(HasSubstr("hush")));
}

TEST(SinkConfigTest, DescribingVisitsTheKeysOfEveryKind) {
  ConfigDocument document = DescribingDocument();
  ConfigNode root = document.root();
  ReadSinks(root);
  const std::string keys = FormatConfigKeys(document.keys());
  for (const char* key : {"sinks[].url", "sinks[].path", "sinks[].format", "sinks[].match.names"}) {
    EXPECT_THAT(keys, HasSubstr(key));
  }
}

TEST(MakeSinkTest, EveryKindIsMade) {
  SinkConfig config;
  EXPECT_TRUE(MakeSink(config, TenSeconds()).ok());
  for (const SinkKind kind : {SinkKind::kRemoteWrite, SinkKind::kClickHouse}) {
    config.kind = kind;
    config.url = "http://127.0.0.1:1";
    EXPECT_TRUE(MakeSink(config, TenSeconds()).ok());
  }
}

TEST(SinkConfigTest, TablesHaveNamesThatNeedNoQuotes) {
  const auto error = [](const std::string& table) {
    return ErrorOf(absl::StrCat("sinks: [{kind: clickhouse, url: 'http://db', table: '", table, "'}]"));
  };
  EXPECT_EQ(error("metrics.rows_10s"), "");
  for (const char* wrong : {"", ".rows", "metrics.", "a.b.c", "rows; DROP TABLE rows", "`rows`"}) {
    EXPECT_THAT(error(wrong), HasSubstr("sinks[0].table")) << wrong;
  }
}

TEST(MakeSinkTest, FileThatCannotBeOpenedIsNamed) {
  SinkConfig config;
  config.kind = SinkKind::kJsonLines;
  config.name = "archive";
  config.path = "/nonexistent/rows.jsonl";
  const absl::Status status = MakeSink(config, TenSeconds()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("sink archive: /nonexistent/rows.jsonl"));
}

TEST(MakeSinkTest, TokenOfAFileIsSent) {
  const TempFile token("t0ken\n");
  FakeStorage storage;
  SinkConfig config;
  config.kind = SinkKind::kRemoteWrite;
  config.url = storage.url();
  config.bearer_token_file = token.path();
  const auto sink = MakeSink(config, TenSeconds());
  ASSERT_TRUE(sink.ok()) << sink.status();
  (*sink)->Write({GaugeRow("g", {1})});
  ASSERT_EQ(storage.requests().size(), 1u);
  EXPECT_EQ(storage.requests()[0].Header("authorization"), "Bearer t0ken");
}

TEST(MakeSinkTest, BasicCredentialsAreSent) {
  FakeStorage storage;
  SinkConfig config;
  config.kind = SinkKind::kRemoteWrite;
  config.url = storage.url();
  config.username = "Aladdin";  // RFC 7617, section 2
  config.password = "open sesame";
  (*MakeSink(config, TenSeconds()))->Write({GaugeRow("g", {1})});
  ASSERT_EQ(storage.requests().size(), 1u);
  EXPECT_EQ(storage.requests()[0].Header("authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(MakeSinkTest, MissingTokenFileIsAnError) {
  SinkConfig config;
  config.kind = SinkKind::kRemoteWrite;
  config.url = "http://127.0.0.1:1";
  config.bearer_token_file = "/nonexistent/token";
  EXPECT_THAT(std::string(MakeSink(config, TenSeconds()).status().message()), HasSubstr("/nonexistent/token"));
}

}  // namespace
}  // namespace tributary
