#pragma once

#include "cli/command.h"

namespace tributary {

// tributary status: the cluster at a glance, and whether it is well.
Command AddStatusCommand(CLI::App& app);

}  // namespace tributary
