#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "cli/audit_command.h"
#include "cli/capacity/capacity_command.h"
#include "cli/certs_command.h"
#include "cli/check_config_command.h"
#include "cli/command.h"
#include "cli/completion_command.h"
#include "cli/demo_command.h"
#include "cli/emit_command.h"
#include "cli/listing_command.h"
#include "cli/query_command.h"
#include "cli/rules_command.h"
#include "cli/secrets_command.h"
#include "cli/size_command.h"
#include "cli/status_command.h"
#include "cli/tap_command.h"
#include "cli/top_command.h"
#include "common/config/help_formatter.h"
#include "common/config/man_page.h"

namespace tributary {
namespace {

// What the user typed. The words behind the first `--` of `emit` are another program's, and not for this one to read.
struct Words {
  std::vector<std::string> own;  // last first, as CLI11 takes them
  std::vector<std::string> program;
};

Words SplitWords(int argc, char** argv) {
  Words words;
  words.own.assign(argv + std::min(argc, 1), argv + argc);
  const auto dashes = std::find(words.own.begin(), words.own.end(), "--");
  if (dashes != words.own.end() && words.own.front() == "emit") {
    words.program.assign(dashes + 1, words.own.end());
    words.own.erase(dashes, words.own.end());
  }
  if (!words.own.empty() && words.own.front() == "query") JoinWatch(words.own);
  std::reverse(words.own.begin(), words.own.end());
  return words;
}

int Main(int argc, char** argv) {
  CLI::App app("Ask and operate a Tributary cluster.", "tributary");
  Words words = SplitWords(argc, argv);
  bool print_man_page = false;
  app.formatter(std::make_shared<HelpFormatter>());
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) { return ParseErrorText(*failed, error); });
  app.set_help_flag("-h,--help", "print this and end");
  app.set_version_flag("--version", "tributary " TRIBUTARY_VERSION, "print the version and end");
  app.add_flag("--print-man-page", print_man_page)->group("");
  app.footer(
      "`tributary COMMAND --help` tells more, with examples.\n\nExit status: 0 done, 1 failed or not well, 2 the words "
      "are wrong, 3 what `query --fail-if` names is so.");
  const std::vector<Command> commands = {
      AddQueryCommand(app),     AddSeriesCommand(app),      AddLabelsCommand(app),
      AddCapacityCommand(app),  AddStatusCommand(app),      AddAuditCommand(app),
      AddTopCommand(app),       AddTapCommand(app),         AddEmitCommand(app, words.program),
      AddRulesCommand(app),     AddCheckConfigCommand(app), AddCertsCommand(app),
      AddSecretsCommand(app),   AddSizeCommand(app),        AddDemoCommand(app),
      AddCompletionCommand(app)};
  for (const Command& command : commands) AddColourOption(*command.app);
  try {
    app.parse(words.own);
    if (print_man_page) return PrintManPage(app, TRIBUTARY_VERSION, 1);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
  } catch (const CLI::ParseError& error) {  // --help and --version as well
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return kExitUsage;
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
