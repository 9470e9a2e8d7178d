#pragma once

// For bugs only: a broken invariant stops the process with file and line. Bad input is never a bug; it is counted
// or answered with an absl::Status.
#define TRIBUTARY_CHECK(condition)                              \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::tributary::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)

namespace tributary {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace tributary
