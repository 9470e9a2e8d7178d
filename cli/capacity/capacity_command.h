#pragma once

#include "cli/command.h"

namespace tributary {

Command AddCapacityCommand(CLI::App& app);

}  // namespace tributary
