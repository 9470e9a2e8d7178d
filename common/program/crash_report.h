#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tributary {

// What a process leaves behind when it crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT; a failed TRIBUTARY_CHECK, an
// exception that nobody caught): the stack of the thread on standard error, and in `directory` a file
//
//   tributary-local-1780000000-4242.crash
//     program: tributary-local 0.1.0
//     config digest: 0f3a…
//     thread: flusher (4250)
//     last words: common/sketch/tdigest.cc:40: invariant broken: …
//     *** SIGABRT received at time=1780000000 on cpu 1 ***
//     PC: @     0x55d3…  (unknown)  raise
//         @ 0x0 abort
//         @ 0x3f2a10 tributary::CheckFailed()
//
// Then the signal does what it does without us (core dump). Everything is prepared beforehand: the handler does not
// allocate, writes what is most certain first, and gives up after some seconds.
struct CrashReportOptions {
  std::string program;
  std::string version;
  std::string directory;  // made if it is not there; empty: standard error only
  int max_files = 10;     // of this program: older ones are deleted at the start
};

// Once per process, before other threads start. `argv0` leads to the symbols.
absl::Status InstallCrashReports(const CrashReportOptions& options, const char* argv0);

// Of the configuration in force. Thread-safe.
void SetCrashConfigDigest(absl::string_view digest);

}  // namespace tributary
