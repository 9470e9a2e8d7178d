#include "common/base/log.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace tributary {

namespace {

// By the names that configuration knows; spdlog spells some in other ways.
absl::StatusOr<spdlog::level::level_enum> ParseLevel(absl::string_view level) {
  if (level == "debug") return spdlog::level::debug;
  if (level == "info") return spdlog::level::info;
  if (level == "warn") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  return absl::InvalidArgumentError(
      absl::StrCat("log level \"", absl::CHexEscape(level.substr(0, 16)), "\" is none of debug, info, warn, error"));
}

}  // namespace

absl::Status InitLogging(absl::string_view program, absl::string_view level) {
  TRIBUTARY_ASSIGN_OR_RETURN(const spdlog::level::level_enum parsed, ParseLevel(level));
  auto logger =
      std::make_shared<spdlog::logger>(std::string(program), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

absl::Status SetLogLevel(absl::string_view level) {
  TRIBUTARY_ASSIGN_OR_RETURN(const spdlog::level::level_enum parsed, ParseLevel(level));
  spdlog::set_level(parsed);
  return absl::OkStatus();
}

std::string LogLevel() {
  switch (spdlog::get_level()) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

bool LogEvery::Due() {
  const int64_t now = absl::ToUnixNanos(clock_.Now());
  int64_t next = next_nanos_.load(std::memory_order_relaxed);
  return now >= next &&
         next_nanos_.compare_exchange_strong(next, now + absl::ToInt64Nanoseconds(period_), std::memory_order_relaxed);
}

}  // namespace tributary
