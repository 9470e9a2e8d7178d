#include "common/sink/sink_config.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/sink/clickhouse_sink.h"
#include "common/sink/json_lines_sink.h"
#include "common/sink/remote_write_sink.h"

namespace tributary {
namespace {

constexpr char kRemoteWrite[] = "remote_write";
constexpr char kClickHouse[] = "clickhouse";
constexpr char kJsonLines[] = "json_lines";
constexpr char kStdout[] = "stdout";

absl::string_view KindName(SinkKind kind) {
  switch (kind) {
    case SinkKind::kRemoteWrite:
      return kRemoteWrite;
    case SinkKind::kClickHouse:
      return kClickHouse;
    case SinkKind::kJsonLines:
      return kJsonLines;
    case SinkKind::kStdout:
      return kStdout;
  }
  return "";
}

void ReadFilter(ConfigNode node, RowFilter& filter) {
  node.Read("names", filter.names);
  node.Read("exclude_names", filter.exclude_names);
  node.Read("tags", filter.tags);
  node.Read("exclude_tags", filter.exclude_tags);
}

// A list of some of `allowed`, written by name.
void ReadStatistics(ConfigNode& node, absl::string_view key, const std::vector<Statistic>& allowed,
                    std::vector<Statistic>& statistics) {
  const auto formatter = [](std::string* out, Statistic statistic) { absl::StrAppend(out, StatisticName(statistic)); };
  std::vector<std::string> names;
  for (const Statistic statistic : statistics) names.emplace_back(StatisticName(statistic));
  node.Read(key, names);
  std::vector<Statistic> read;
  for (const std::string& name : names) {
    const std::optional<Statistic> statistic = ParseAggregate(name);
    const bool known = statistic && std::count(allowed.begin(), allowed.end(), *statistic) > 0;
    node.Check(known, key, absl::StrCat("\"", name, "\" is none of ", absl::StrJoin(allowed, ", ", formatter)));
    if (known && std::count(read.begin(), read.end(), *statistic) == 0) read.push_back(*statistic);
  }
  statistics = std::move(read);
}

void ReadStatisticOptions(ConfigNode& node, StatisticOptions& options) {
  node.Read("percentiles", options.percentiles, {.min = 0, .max = 1});
  std::sort(options.percentiles.begin(), options.percentiles.end());
  options.percentiles.erase(std::unique(options.percentiles.begin(), options.percentiles.end()),
                            options.percentiles.end());
  ReadStatistics(node, "aggregates",
                 {Statistic::kCount, Statistic::kSum, Statistic::kMin, Statistic::kMax, Statistic::kAvg,
                  Statistic::kMedian, Statistic::kHmean},
                 options.aggregates);
  ReadStatistics(node, "gauge_aggregates", {Statistic::kMin, Statistic::kMax, Statistic::kAvg},
                 options.gauge_aggregates);
  node.Read("strict", options.strict);
}

void ReadLabels(ConfigNode& node, Labels& labels) {
  std::map<std::string, std::string> read;
  node.Read("labels", read);
  labels.assign(read.begin(), read.end());
}

void ReadServer(ConfigNode& node, SinkConfig& config) {
  node.Require("url");
  node.Read("url", config.url);
  node.Check(config.url.empty() || absl::StartsWith(config.url, "http://") || absl::StartsWith(config.url, "https://"),
             "url", "must start with http:// or https://");
  node.ReadSecrets("headers", config.headers);
  node.Read("username", config.username);
  node.ReadSecret("password", config.password);
  node.Read("password_file", config.password_file);
  node.ReadSecret("bearer_token", config.bearer_token);
  node.Read("bearer_token_file", config.bearer_token_file);
  const int tokens = (config.bearer_token.empty() ? 0 : 1) + (config.bearer_token_file.empty() ? 0 : 1) +
                     (config.username.empty() ? 0 : 1);
  node.Check(tokens <= 1, "bearer_token", "only one of username, bearer_token and bearer_token_file");
  node.Check(config.password.empty() || config.password_file.empty(), "password_file", "password is set as well");
  node.Read("ca_file", config.ca_file);
  node.Read("certificate_file", config.certificate_file);
  node.Read("key_file", config.key_file);
  node.Check(config.certificate_file.empty() == config.key_file.empty(), "key_file",
             "certificate_file and key_file need each other");
  node.Read("timeout", config.timeout, {.min = absl::Milliseconds(100), .max = absl::Minutes(5)});
}

void ReadRemoteWrite(ConfigNode& node, SinkConfig& config) {
  node.Read("max_samples_per_request", config.max_samples_per_request, {.min = 1, .max = 1'000'000});
  node.Read("max_identities", config.max_identities, {.min = 1000, .max = 1 << 28});
  node.ReadEnum("counters", config.points.counters,
                {{"cumulative", CounterForm::kCumulative}, {"interval", CounterForm::kInterval}});
  node.ReadEnum(
      "histograms", config.points.histograms,
      {{"none", HistogramForm::kNone}, {"native", HistogramForm::kNative}, {"vmrange", HistogramForm::kVmrange}});
  node.Read("histogram_schema", config.points.histogram_schema, {.min = -4, .max = 8});
  const StatisticOptions& told = config.points.statistics;
  const bool has_quantiles =
      !told.percentiles.empty() || std::count(told.aggregates.begin(), told.aggregates.end(), Statistic::kMedian) > 0;
  node.Check(config.points.histograms != HistogramForm::kNative || !has_quantiles, "histograms",
             "a native histogram has the name that percentiles have: set percentiles: [], and leave median out");
  ReadLabels(node, config.points.labels);
}

bool IsTableName(absl::string_view name) {
  return !name.empty() && std::count(name.begin(), name.end(), '.') <= 1 && name.front() != '.' && name.back() != '.' &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; });
}

void ReadClickHouse(ConfigNode& node, SinkConfig& config) {
  node.Read("table", config.table);
  node.Check(IsTableName(config.table), "table", "is no table, or database.table, of letters, digits and _");
  node.Read("max_rows_per_request", config.max_rows_per_request, {.min = 1, .max = 1'000'000});
}

void ReadJsonLines(ConfigNode& node, SinkConfig& config) {
  node.Require("path");
  node.Read("path", config.path);
  node.ReadBytes("max_bytes", config.max_bytes, {.min = 1024});
  node.Read("max_files", config.max_files, {.min = 1, .max = 1000});
}

void ReadStdout(ConfigNode& node, SinkConfig& config) {
  node.ReadEnum("format", config.format,
                {{"text", StdoutSink::Format::kText},
                 {"json", StdoutSink::Format::kJson},
                 {"points", StdoutSink::Format::kPoints}});
  node.ReadEnum("naming", config.naming,
                {{"dotted", Naming::kDotted}, {"veneur", Naming::kVeneur}, {"prometheus", Naming::kPrometheus}});
}

SinkConfig ReadSink(ConfigNode node, SinkQueue queue) {
  SinkConfig config;
  node.Require("kind");
  node.ReadEnum("kind", config.kind,
                {{kRemoteWrite, SinkKind::kRemoteWrite},
                 {kClickHouse, SinkKind::kClickHouse},
                 {kJsonLines, SinkKind::kJsonLines},
                 {kStdout, SinkKind::kStdout}});
  config.name = std::string(KindName(config.kind));
  node.Read("name", config.name);
  ReadFilter(node.Section("match"), config.match);
  ReadStatisticOptions(node, config.points.statistics);
  if (queue == SinkQueue::kMemory) node.ReadBytes("queue_bytes", config.queue_bytes, {.min = 1 << 20});
  const bool is_server = config.kind == SinkKind::kRemoteWrite || config.kind == SinkKind::kClickHouse;
  if (is_server || node.describing()) ReadServer(node, config);
  if (config.kind == SinkKind::kRemoteWrite || node.describing()) ReadRemoteWrite(node, config);
  if (config.kind == SinkKind::kClickHouse || node.describing()) ReadClickHouse(node, config);
  if (config.kind == SinkKind::kJsonLines || node.describing()) ReadJsonLines(node, config);
  if (config.kind == SinkKind::kStdout || node.describing()) ReadStdout(node, config);
  return config;
}

// `secret`, or else what the file holds, without the line end.
absl::StatusOr<std::string> Secret(const std::string& secret, const std::string& file) {
  if (file.empty()) return secret;
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return absl::NotFoundError(absl::StrCat("cannot read ", file));
  return std::string(absl::StripAsciiWhitespace(text));
}

// All of a request but what is sent.
absl::StatusOr<HttpFetch> RequestOf(const SinkConfig& config) {
  HttpFetch request;
  request.url = config.url;
  request.headers.assign(config.headers.begin(), config.headers.end());
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string token, Secret(config.bearer_token, config.bearer_token_file));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string password, Secret(config.password, config.password_file));
  if (!token.empty()) request.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token));
  if (!config.username.empty()) {
    const std::string credentials = absl::Base64Escape(absl::StrCat(config.username, ":", password));
    request.headers.emplace_back("Authorization", absl::StrCat("Basic ", credentials));
  }
  request.ca_file = config.ca_file;
  request.certificate_file = config.certificate_file;
  request.key_file = config.key_file;
  request.timeout = config.timeout;
  return request;
}

absl::StatusOr<std::unique_ptr<Sink>> MakeRemoteWriteSink(const SinkConfig& config, IntervalScale scale) {
  RemoteWriteSink::Options options;
  TRIBUTARY_ASSIGN_OR_RETURN(options.request, RequestOf(config));
  options.max_samples_per_request = config.max_samples_per_request;
  options.max_identities = config.max_identities;
  options.points = config.points;
  return std::make_unique<RemoteWriteSink>(std::move(options), scale);
}

absl::StatusOr<std::unique_ptr<Sink>> MakeClickHouseSink(const SinkConfig& config, IntervalScale scale) {
  ClickHouseSink::Options options;
  TRIBUTARY_ASSIGN_OR_RETURN(options.request, RequestOf(config));
  options.table = config.table;
  options.max_rows_per_request = config.max_rows_per_request;
  return std::make_unique<ClickHouseSink>(std::move(options), scale);
}

absl::StatusOr<std::unique_ptr<Sink>> MakeJsonLinesSink(const SinkConfig& config, IntervalScale scale) {
  JsonLinesSink::Options options{config.path, config.max_bytes, config.max_files, config.points.statistics};
  auto sink = std::make_unique<JsonLinesSink>(std::move(options), scale);
  TRIBUTARY_RETURN_IF_ERROR(Annotate(sink->Open(), config.path));
  return sink;
}

std::unique_ptr<Sink> MakeStdoutSink(const SinkConfig& config, IntervalScale scale) {
  StdoutSink::Options options{config.format, config.points};
  options.points.naming = config.naming;
  options.points.counters = CounterForm::kInterval;
  return std::make_unique<StdoutSink>(std::cout, std::move(options), scale);
}

absl::StatusOr<std::unique_ptr<Sink>> MakeSinkOfKind(const SinkConfig& config, IntervalScale scale) {
  switch (config.kind) {
    case SinkKind::kRemoteWrite:
      return MakeRemoteWriteSink(config, scale);
    case SinkKind::kClickHouse:
      return MakeClickHouseSink(config, scale);
    case SinkKind::kJsonLines:
      return MakeJsonLinesSink(config, scale);
    case SinkKind::kStdout:
      return MakeStdoutSink(config, scale);
  }
  return absl::InvalidArgumentError("unknown kind of sink");
}

}  // namespace

std::vector<SinkConfig> ReadSinks(ConfigNode& parent, SinkQueue queue) {
  std::vector<SinkConfig> sinks;
  parent.List("sinks", [&](ConfigNode node) { sinks.push_back(ReadSink(node, queue)); });
  std::set<std::string> names;
  for (const SinkConfig& sink : sinks) {
    parent.Check(names.insert(sink.name).second, "sinks", absl::StrCat("two sinks are named \"", sink.name, "\""));
  }
  return sinks;
}

absl::StatusOr<std::unique_ptr<Sink>> MakeSink(const SinkConfig& config, IntervalScale scale) {
  absl::StatusOr<std::unique_ptr<Sink>> sink = MakeSinkOfKind(config, scale);
  if (!sink.ok()) return Annotate(sink.status(), absl::StrCat("sink ", config.name));
  return sink;
}

}  // namespace tributary
