#include "cli/completion_command.h"

#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "common/config/completion.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  source <(tributary completion bash)
  tributary completion bash > /etc/bash_completion.d/tributary
  tributary completion zsh > ~/.zfunc/_tributary)";

}  // namespace

Command AddCompletionCommand(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes this command line in a shell");
  AddChoice(command->add_option("SHELL", *shell, "of which shell")->required(), {"bash", "zsh"});
  command->footer(kExamples);
  return {.app = command, .run = [&app, shell] {
            const CommandTree tree = TreeOf(app);
            return PrintText(*shell == "bash" ? BashCompletion(tree) : ZshCompletion(tree));
          }};
}

}  // namespace tributary
