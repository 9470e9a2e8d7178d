#pragma once

#include "cli/command.h"

namespace tributary {

// tributary audit: whether the books of the whole cluster balance, and if not, where.
Command AddAuditCommand(CLI::App& app);

}  // namespace tributary
