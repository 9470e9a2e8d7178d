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

// Why the process is about to stop, for the crash report: of a failed check, of an exception that nobody caught, of the
// watchdog. The first words stay; the rest of 500 bytes is cut. Thread-safe, and usable in signal handlers.
void SetLastWords(const char* text);
const char* LastWords();  // "" when there are none

}  // namespace tributary
