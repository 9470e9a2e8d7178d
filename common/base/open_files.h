#pragma once

#include <cstdint>

namespace tributary {

// Raises this process's limit of open files (ulimit -n) to what it may have, and returns that. The usual 1,024 is for
// programs that use select(2).
uint64_t RaiseOpenFileLimit();

}  // namespace tributary
