#include "cli/audit_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "CLI/Validators.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/audit_text.h"
#include "cli/http_api.h"
#include "cli/terminal.h"
#include "common/config/units.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary audit
  tributary audit --intervals 60
  tributary audit --wait 30s && echo "every sample is committed, or dropped with a reason"

Every agent announces how many samples each interval has; every global tells how many of them are on its disk. What
the agents still have is under way; what they dropped they have counted. Whatever else is missing, or is there twice,
is a problem.

Exit status: 0 the books balance (with --wait: and nothing is under way), 1 they do not, or it cannot be said.)";

constexpr absl::Duration kPoll = absl::Milliseconds(500);

struct AuditOptions {
  HttpTarget proxy;
  int intervals = 12;
  std::string wait = "0s";
  std::string output = "text";
};

int Run(const CLI::App& app, const AuditOptions& options) {
  const std::optional<absl::Duration> wait = ParseDuration(options.wait);
  if (!wait) return UsageError(app, "--wait is a duration, like 30s");
  const absl::Time until = absl::Now() + *wait;
  HttpApi api("proxy", options.proxy, "--proxy or TRIBUTARY_PROXY");
  while (true) {
    const absl::StatusOr<std::string> body =
        api.Get(absl::StrCat("/api/v1/status/audit?intervals=", options.intervals));
    if (!body.ok()) return Failure(app, body.status().message());
    const absl::StatusOr<bool> balanced = IsBalanced(*body);
    const absl::StatusOr<bool> settled = IsSettled(*body);
    if (!balanced.ok()) return Failure(app, absl::StrCat(api.url(), ": ", balanced.status().message()));
    const bool well = *balanced && (*wait == absl::ZeroDuration() || settled.value_or(false));
    if (!well && absl::Now() + kPoll < until) {
      absl::SleepFor(kPoll);
      continue;
    }
    const size_t columns = IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 0;
    const absl::StatusOr<std::string> text =
        options.output == "json"
            ? absl::StrCat(*body, "\n")
            : AuditText(*body, {.url = api.url(), .columns = columns, .style = Style(HasColours(stdout))});
    if (!text.ok()) return Failure(app, absl::StrCat(api.url(), ": ", text.status().message()));
    const int printed = PrintText(*text);
    return well ? printed : kExitFailed;
  }
}

}  // namespace

Command AddAuditCommand(CLI::App& app) {
  auto options = std::make_shared<AuditOptions>();
  CLI::App* command =
      app.add_subcommand("audit", "Say whether the books of the whole cluster balance, and if not, where");
  command->add_option("-n,--intervals", options->intervals, "of so many of the newest intervals")
      ->type_name("N")
      ->check(CLI::Range(1, 60).description(""))
      ->capture_default_str();
  command->add_option("--wait", options->wait, "wait so long until they balance and nothing is under way")
      ->type_name("DURATION")
      ->capture_default_str();
  AddChoice(command->add_option("-o,--output", options->output, "how it is printed")->capture_default_str(),
            {"text", "json"});
  AddProxyOption(*command, options->proxy);
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
