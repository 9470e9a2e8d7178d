#pragma once

#include "cli/command.h"

namespace tributary {

// tributary rules try: what the rules and limits of a file would do to what an agent receives, or to lines of a file.
Command AddRulesCommand(CLI::App& app);

}  // namespace tributary
