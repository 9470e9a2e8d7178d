#include "cli/demo_command.h"

#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "cli/demo.h"
#include "common/config/units.h"

namespace tributary {
namespace {

// Durations as they were typed; read when the command runs.
struct Options {
  DemoOptions demo;
  std::string interval = "10s";
  std::string run_for;
};

int Run(const CLI::App& app, Options& options) {
  const std::optional<absl::Duration> interval = ParseDuration(options.interval);
  if (!interval || *interval < absl::Seconds(1)) return UsageError(app, "--interval is a duration of at least 1s");
  options.demo.interval = *interval;
  if (!options.run_for.empty()) {
    options.demo.run_for = ParseDuration(options.run_for);
    if (!options.demo.run_for) return UsageError(app, "--for is a duration such as 60s");
  }
  const absl::StatusOr<bool> ok = RunDemo(options.demo);
  if (!ok.ok()) return Failure(app, ok.status().ToString());
  return *ok ? kExitOk : kExitFailed;
}

}  // namespace

Command AddDemoCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("demo", "Send a demo fleet's traffic, and compare the cluster with exact values");
  AddListOption(*command, "--agent", options->demo.agents, "ADDRESS",
                "where to send: udp://host:port or unixgram:///path; may be repeated");
  AddListOption(*command, "--agent-http", options->demo.agent_urls, "URL",
                "admin pages of the agents, http://host:port; may be repeated");
  AddListOption(*command, "--rows", options->demo.row_files, "FILE",
                "files of the globals' json_lines sinks; may be repeated");
  for (const char* name : {"--agent", "--agent-http", "--rows"}) command->get_option(name)->required();
  command->add_option("--interval", options->interval, "the cluster's interval")
      ->type_name("DURATION")
      ->capture_default_str();
  command->add_option("--for", options->run_for, "end after so long, with a verdict; else with Ctrl-C")
      ->type_name("DURATION");
  command->add_option("--instances", options->demo.fleet.instances, "instances of the fleet")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000).description(""));
  command->add_option("--seed", options->demo.fleet.seed, "the same seed measures the same in the same moments")
      ->type_name("N")
      ->capture_default_str();
  AddProxyOption(*command, options->demo.proxy);
  command->footer("Exit status: 0 when the verdict is OK, else 1.");
  return {command, [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
