#pragma once

#include "cli/command.h"

namespace tributary {

// tributary query: percentiles from a proxy, as a table, JSON or CSV.
Command AddQueryCommand(CLI::App& app);

}  // namespace tributary
