#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "spdlog/spdlog.h"

namespace tributary {

// One line per event, on standard error, through spdlog: TRIBUTARY_LOG_INFO("proxy listening on {}", address).
// Text that came from outside is passed through absl::CHexEscape first.
#define TRIBUTARY_LOG_DEBUG(...) ::spdlog::debug(__VA_ARGS__)
#define TRIBUTARY_LOG_INFO(...) ::spdlog::info(__VA_ARGS__)
#define TRIBUTARY_LOG_WARN(...) ::spdlog::warn(__VA_ARGS__)
#define TRIBUTARY_LOG_ERROR(...) ::spdlog::error(__VA_ARGS__)

// Sets the pattern and the level ("debug", "info", "warn", "error"); anything else is an error.
absl::Status InitLogging(absl::string_view program, absl::string_view level);
// Thread-safe.
absl::Status SetLogLevel(absl::string_view level);
std::string LogLevel();

// For the data plane: at most one line per `period`, the rest is only counted by the caller. Thread-safe.
class LogEvery {
 public:
  LogEvery(const Clock& clock, absl::Duration period) : clock_(clock), period_(period) {}
  bool Due();

 private:
  const Clock& clock_;
  const absl::Duration period_;
  std::atomic<int64_t> next_nanos_{0};
};

}  // namespace tributary
