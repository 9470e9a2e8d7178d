#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace tributary {

// tributary emit: metrics, events, checks, lines of files, and the durations of commands, sent to an agent.
// `program` is what stood behind `--`; it is read when the command runs.
Command AddEmitCommand(CLI::App& app, const std::vector<std::string>& program);

}  // namespace tributary
