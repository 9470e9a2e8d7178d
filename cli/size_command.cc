#include "cli/size_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/cluster_size.h"
#include "cli/figures.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "common/config/units.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary size --agents 500 --series 200000 --series-per-agent 5000 --samples 1000000
  tributary size --agents 500 --series 200000 --series-per-agent 5000 --samples 1000000 -o values > size.yaml

Pods are sized for twice the load, by the figures of docs/benchmarks.md, for timers: counters and gauges cost less.
Look at the real figures after a day; docs/kubernetes.md says which.)";

constexpr int64_t kMostGlobals = 200;  // what the chart takes, and benchmarks have tried

struct SizeOptions {
  ClusterLoad load;
  std::string interval = "10s";
  std::string retention = "24h";
  std::string retention_1m = "168h";
  std::string retention_1h = "4320h";
  std::string output = "table";
};

std::string Cores(double cores) { return absl::StrFormat("%.2f", cores); }
std::string MiB(int64_t bytes) { return absl::StrCat(bytes >> 20); }

Table TableOf(const ClusterSize& size) {
  Table table{.columns = {{"tier"}, {"pods", true}, {"cpu", true}, {"memory", true}, {"disk", true}}, .rows = {}};
  const auto add = [&table](const std::string& name, const TierSize& tier) {
    const std::string disk = tier.disk_bytes == 0 ? "" : BytesText(static_cast<double>(tier.disk_bytes));
    table.rows.push_back(
        {name, absl::StrCat(tier.pods), Cores(tier.cores), BytesText(static_cast<double>(tier.memory_bytes)), disk});
  };
  add("agents", size.agents);
  add("proxies", size.proxies);
  add("globals", size.globals);
  const auto total = [&size](auto of) { return of(size.agents) + of(size.proxies) + of(size.globals); };
  add("all", {.pods = total([](const TierSize& tier) { return tier.pods; }),
              .cores = total([](const TierSize& tier) { return static_cast<double>(tier.pods) * tier.cores; }),
              .memory_bytes = total([](const TierSize& tier) { return tier.pods * tier.memory_bytes; }),
              .disk_bytes = total([](const TierSize& tier) { return tier.pods * tier.disk_bytes; })});
  return table;
}

std::string Resources(const TierSize& tier) {
  return absl::StrFormat("  resources: {cpu: %.0fm, memory: %sMi}\n", tier.cores * 1000, MiB(tier.memory_bytes));
}

// Values of the chart; durations as they were written.
std::string ValuesOf(const ClusterSize& size, const SizeOptions& options) {
  return absl::StrCat(
      "config: {interval: ", options.interval, "}\n", "agents:\n", Resources(size.agents), "  config:\n",
      "    limits: {max_series: ", size.agent_max_series, "}\n",
      "    forward: {memory_bytes: ", MiB(size.agent_forward_bytes), "MiB}\n", "proxies:\n",
      "  replicas: ", size.proxies.pods, "\n", Resources(size.proxies), "globals:\n", "  replicas: ", size.globals.pods,
      "\n", Resources(size.globals), "  persistence: {size: ", size.globals.disk_bytes >> 30, "Gi}\n", "  config:\n",
      "    expected_agents: ", std::min<int64_t>(size.agents.pods, 16'384), "\n",
      "    merge: {memory_bytes: ", MiB(size.merge_memory_bytes), "MiB, history_bytes: ", MiB(size.merge_history_bytes),
      "MiB, max_series: ", size.merge_max_series, "}\n", "    store: {retention: ", options.retention,
      ", retention_1m: ", options.retention_1m, ", retention_1h: ", options.retention_1h, "}\n");
}

std::string Notes(const ClusterSize& size, const SizeOptions& options) {
  return absl::StrCat("\nEach pod; limits.max_series ", CountText(static_cast<uint64_t>(size.agent_max_series)),
                      ", merge.memory_bytes ", MiB(size.merge_memory_bytes), "MiB, merge.history_bytes ",
                      MiB(size.merge_history_bytes), "MiB: what waited through an outage of ", size.horizon_intervals,
                      " intervals of ", options.interval, " is taken.\n");
}

bool Read(const std::string& text, absl::Duration& duration) {
  const std::optional<absl::Duration> parsed = ParseDuration(text);
  if (!parsed || *parsed < absl::Seconds(1)) return false;
  duration = *parsed;
  return true;
}

int Run(const CLI::App& app, SizeOptions& options) {
  ClusterLoad& load = options.load;
  if (!Read(options.interval, load.interval) || absl::ZeroDuration() != absl::Minutes(1) % load.interval) {
    return UsageError(app, "--interval must divide 60s");
  }
  if (!Read(options.retention, load.retention) || !Read(options.retention_1m, load.retention_1m) ||
      !Read(options.retention_1h, load.retention_1h)) {
    return UsageError(app, "--retention, --retention-1m and --retention-1h are durations such as 24h or 30d");
  }
  if (load.series_per_agent > load.series)
    return UsageError(app, "an agent has not more series than all have: --series");
  const ClusterSize size = SizeOf(load);
  if (size.globals.pods > kMostGlobals) {
    return Failure(app, absl::StrCat("that takes ", size.globals.pods, " globals, and a cluster has ", kMostGlobals,
                                     " at most: less retention, fewer series, or several clusters"));
  }
  if (options.output == "values") return PrintText(ValuesOf(size, options));
  return PrintText(AlignedText(TableOf(size), HasColours(stdout)) + Notes(size, options));
}

void AddNumber(CLI::App& app, const std::string& name, int64_t& number, int64_t most, const std::string& help) {
  app.add_option(name, number, help)->required()->type_name("N")->check(CLI::Range(int64_t{1}, most).description(""));
}

void AddDuration(CLI::App& app, const std::string& name, std::string& text, const std::string& help) {
  app.add_option(name, text, help)->type_name("DURATION")->capture_default_str();
}

}  // namespace

Command AddSizeCommand(CLI::App& app) {
  auto options = std::make_shared<SizeOptions>();
  CLI::App* command = app.add_subcommand("size", "How many pods of which size a load takes");
  AddNumber(*command, "--agents", options->load.agents, 16'384, "nodes with an agent");
  AddNumber(*command, "--series", options->load.series, 1'000'000'000, "distinct series of the whole fleet");
  AddNumber(*command, "--series-per-agent", options->load.series_per_agent, 10'000'000,
            "series that one agent has in an interval");
  command->add_option("--samples", options->load.samples, "samples a second of the whole fleet")
      ->required()
      ->type_name("N")
      ->check(CLI::Range(0.0, 1e12).description(""));
  AddDuration(*command, "--interval", options->interval, "the cluster's interval");
  AddDuration(*command, "--retention", options->retention, "of rows of an interval");
  AddDuration(*command, "--retention-1m", options->retention_1m, "of rows of a minute");
  AddDuration(*command, "--retention-1h", options->retention_1h, "of rows of an hour");
  AddChoice(command->add_option("-o,--output", options->output, "values: for the chart")->capture_default_str(),
            {"table", "values"});
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
