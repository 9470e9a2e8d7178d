#include "cli/top_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "cli/http_api.h"
#include "cli/screen.h"
#include "cli/terminal.h"
#include "cli/top_text.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/net/signal_waiter.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary top
  tributary top --agent http://web-1:8126 -n 20 --once
  tributary top -o json | jq '.clients[0]'

Live on a terminal until q or Ctrl-C; else, and with --once, one snapshot. All counts are of the last whole interval.

Exit status: 0, or 1 when the agent does not answer.)";

struct TopOptions {
  HttpTarget agent;
  size_t entries = 10;
  std::string interval = "1s";
  bool once = false;
  std::string output = "text";
};

absl::StatusOr<std::string> Fetch(HttpApi& api, const TopOptions& options) {
  return api.Get(absl::StrCat("/api/v1/top?limit=", options.entries));
}

int PrintOnce(const CLI::App& app, HttpApi& api, const TopOptions& options) {
  absl::StatusOr<std::string> text = Fetch(api, options);
  if (text.ok() && options.output == "text") {
    const size_t columns = IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 0;
    text = TopText(*text, {.url = api.url(),
                           .entries = options.entries,
                           .busiest = options.entries,
                           .columns = columns,
                           .style = Style(HasColours(stdout))});
  }
  if (!text.ok()) return Failure(app, text.status().message());
  return PrintText(options.output == "json" ? absl::StrCat(*text, "\n") : *text);
}

// An agent that does not answer for a while may be starting anew: its words stand on the screen instead.
int ShowLive(HttpApi& api, const TopOptions& options, absl::Duration interval) {
  SignalWaiter signals;
  Redraw(signals, interval, [&](TerminalSize size) {
    const TopView view = {.url = api.url(),
                          .entries = options.entries,
                          .busiest = options.entries,
                          .columns = static_cast<size_t>(size.columns),
                          .style = Style(HasColours(stdout))};
    absl::StatusOr<std::string> text = Fetch(api, options);
    if (text.ok()) text = TopTextWithin(*text, view, static_cast<size_t>(size.rows));
    return text.ok() ? *text : absl::StrCat(view.style.Bad(text.status().message()), "\n");
  });
  return kExitOk;
}

int Run(const CLI::App& app, const TopOptions& options) {
  const std::optional<absl::Duration> interval = ParseDuration(options.interval);
  if (!interval || *interval < absl::Milliseconds(100)) return UsageError(app, "--interval is at least 100ms");
  HttpApi api("agent", options.agent, "--agent or TRIBUTARY_AGENT_HTTP");
  const bool live = !options.once && options.output == "text" && IsTerminal(stdout) && IsTerminal(stdin);
  return live ? ShowLive(api, options, *interval) : PrintOnce(app, api, options);
}

}  // namespace

Command AddTopCommand(CLI::App& app) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand("top", "Show which series, metrics, tags and clients make an agent's load");
  command->add_option("-n,--entries", options->entries, "how long each list is at most")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, size_t{1000}).description(""))
      ->capture_default_str();
  command->add_option("--interval", options->interval, "how often it is drawn")
      ->type_name("DURATION")
      ->capture_default_str();
  command->add_flag("--once", options->once, "one snapshot");
  AddChoice(command->add_option("-o,--output", options->output, "how it is printed")->capture_default_str(),
            {"text", "json"});
  AddAgentOption(*command, options->agent);
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
