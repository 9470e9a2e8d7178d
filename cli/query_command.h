#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace tributary {

// tributary query: percentiles, or any expression, from a proxy; once or again and again, as a table, a chart, JSON or
// CSV; and whether a condition holds.
Command AddQueryCommand(CLI::App& app);

// `--watch 5s` becomes `--watch=5s`: the value is optional, so only what looks like a duration belongs to it.
void JoinWatch(std::vector<std::string>& words);

}  // namespace tributary
