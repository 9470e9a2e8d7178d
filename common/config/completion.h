#pragma once

#include <string>

#include "common/config/command_tree.h"

namespace tributary {

// Scripts that complete a command line in a shell: commands, options, the values that an option takes, and files where
// it takes them. They ask nothing of the program when they run.
std::string BashCompletion(const CommandTree& tree);
std::string ZshCompletion(const CommandTree& tree);

}  // namespace tributary
