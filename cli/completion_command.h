#pragma once

#include "cli/command.h"

namespace tributary {

// tributary completion bash|zsh: a script for the shell, of everything that `app` has when the command runs.
Command AddCompletionCommand(CLI::App& app);

}  // namespace tributary
