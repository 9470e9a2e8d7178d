#include "cli/status_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "cli/cluster_status.h"
#include "cli/http_api.h"
#include "cli/screen.h"
#include "cli/status_text.h"
#include "cli/terminal.h"
#include "common/base/status.h"
#include "common/config/units.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary status
  tributary status --watch
  tributary status > /dev/null || page-somebody

A problem is a global or agent that is not heard or lags, books that do not balance, or a sink that is a minute behind.
A note is a loss that was counted.

Exit status: 0 all is well, 1 there is a problem, or the proxy does not answer.)";

constexpr char kPath[] = "/api/v1/status/cluster";

struct StatusOptions {
  HttpTarget proxy;
  size_t agents = 20;
  bool watch = false;
  std::string interval = "2s";
  std::string output = "text";
};

StatusView ViewOf(const HttpApi& api, const StatusOptions& options) {
  const size_t columns = IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 0;
  return {.url = api.url(), .agents = options.agents, .columns = columns, .style = Style(HasColours(stdout))};
}

int PrintOnce(const CLI::App& app, HttpApi& api, const StatusOptions& options) {
  const absl::StatusOr<std::string> body = api.Get(kPath);
  if (!body.ok()) return Failure(app, body.status().message());
  const absl::StatusOr<ClusterStatus> status = JudgeCluster(*body);
  if (!status.ok()) return Failure(app, absl::StrCat(api.url(), ": ", status.status().message()));
  const absl::StatusOr<std::string> text = StatusText(*status, ViewOf(api, options));
  if (!text.ok()) return Failure(app, absl::StrCat(api.url(), ": ", text.status().message()));
  const int printed = PrintText(options.output == "json" ? absl::StrCat(*body, "\n") : *text);
  return status->problems.empty() ? printed : kExitFailed;
}

int ShowLive(HttpApi& api, const StatusOptions& options, absl::Duration interval) {
  SignalWaiter signals;
  const auto text = [&]() -> absl::StatusOr<std::string> {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::string body, api.Get(kPath));
    TRIBUTARY_ASSIGN_OR_RETURN(const ClusterStatus status, JudgeCluster(body));
    return StatusText(status, ViewOf(api, options));
  };
  Redraw(signals, interval, [&](TerminalSize) {
    const absl::StatusOr<std::string> drawn = text();
    return drawn.ok() ? *drawn : absl::StrCat(Style(HasColours(stdout)).Bad(drawn.status().message()), "\n");
  });
  return kExitOk;
}

int Run(const CLI::App& app, const StatusOptions& options) {
  const std::optional<absl::Duration> interval = ParseDuration(options.interval);
  if (!interval || *interval < absl::Milliseconds(100)) return UsageError(app, "--interval is at least 100ms");
  const bool on_terminal = IsTerminal(stdout) && IsTerminal(stdin);
  if (options.watch && !on_terminal) return UsageError(app, "--watch needs a terminal");
  if (options.watch && options.output == "json") return UsageError(app, "--watch draws text");
  HttpApi api("proxy", options.proxy, "--proxy or TRIBUTARY_PROXY");
  return options.watch ? ShowLive(api, options, *interval) : PrintOnce(app, api, options);
}

}  // namespace

Command AddStatusCommand(CLI::App& app) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Show the cluster at a glance, and whether it is well");
  command->add_option("-n,--agents", options->agents, "how many agents are listed, those that are not well first")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--watch", options->watch, "draw it again and again, until q or Ctrl-C");
  command->add_option("--interval", options->interval, "how often --watch draws")
      ->type_name("DURATION")
      ->capture_default_str();
  AddChoice(command->add_option("-o,--output", options->output, "how it is printed")->capture_default_str(),
            {"text", "json"});
  AddProxyOption(*command, options->proxy);
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
