#pragma once

#include "cli/command.h"

namespace tributary {

Command AddCertsCommand(CLI::App& app);

}  // namespace tributary
