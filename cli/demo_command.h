#pragma once

#include "cli/command.h"

namespace tributary {

// `tributary demo`: the demo fleet's load against a running cluster, cluster beside exact percentiles, a verdict.
Command AddDemoCommand(CLI::App& app);

}  // namespace tributary
