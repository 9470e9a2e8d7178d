#pragma once

#include "cli/command.h"

namespace tributary {

// tributary top: which series, metrics, tags and clients make the load of an agent; live on a terminal.
Command AddTopCommand(CLI::App& app);

}  // namespace tributary
