#include "common/base/log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace tributary {

absl::Status InitLogging(absl::string_view program, absl::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError(absl::StrCat("unknown log level \"", level, "\""));
  }
  auto logger =
      std::make_shared<spdlog::logger>(std::string(program), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

bool LogEvery::Due() {
  const int64_t now = absl::ToUnixNanos(clock_.Now());
  int64_t next = next_nanos_.load(std::memory_order_relaxed);
  return now >= next &&
         next_nanos_.compare_exchange_strong(next, now + absl::ToInt64Nanoseconds(period_), std::memory_order_relaxed);
}

}  // namespace tributary
