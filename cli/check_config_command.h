#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "cli/command.h"

namespace tributary {

// tributary check-config: what is wrong with configuration files, in the words of the programs they are for.
Command AddCheckConfigCommand(CLI::App& app);

// "local", "proxy" or "global": whose keys the text holds; empty when that cannot be told.
std::string ProgramOfConfig(absl::string_view yaml);

}  // namespace tributary
