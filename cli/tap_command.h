#pragma once

#include "cli/command.h"

namespace tributary {

// tributary tap: the lines that an agent receives, as they come.
Command AddTapCommand(CLI::App& app);

}  // namespace tributary
