#pragma once

#include "cli/command.h"

namespace CLI {
class App;
}

namespace tributary {

// `tributary size`: how many pods of which size a load takes, as a table or as values for the chart.
Command AddSizeCommand(CLI::App& app);

}  // namespace tributary
