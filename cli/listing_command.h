#pragma once

#include "cli/command.h"

namespace tributary {

// tributary series and tributary labels: what there is to ask for, from a proxy, as a list, JSON or CSV.
Command AddSeriesCommand(CLI::App& app);
Command AddLabelsCommand(CLI::App& app);

}  // namespace tributary
