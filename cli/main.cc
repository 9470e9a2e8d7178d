#include <exception>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "cli/command.h"
#include "cli/demo_command.h"
#include "cli/query_command.h"

int main(int argc, char** argv) {
  CLI::App app("Ask and operate a Tributary cluster.", "tributary");
  app.set_version_flag("--version", "tributary " TRIBUTARY_VERSION);
  app.require_subcommand(1);
  const std::vector<tributary::Command> commands = {tributary::AddQueryCommand(app), tributary::AddDemoCommand(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // --help and --version as well
    return app.exit(error) == 0 ? tributary::kExitOk : tributary::kExitUsage;
  }
  for (const tributary::Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return tributary::kExitUsage;
}
