#include "common/program/log_level_switch.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "nlohmann/json.hpp"

namespace tributary {

void LogLevelSwitch::Configure(absl::string_view level) {
  const MutexLock lock(mutex_);
  configured_ = std::string(level);
  if (!asked_) static_cast<void>(SetLogLevel(configured_));
}

absl::Status LogLevelSwitch::Ask(absl::string_view level, std::optional<absl::Duration> duration) {
  const MutexLock lock(mutex_);
  TRIBUTARY_RETURN_IF_ERROR(SetLogLevel(level));
  asked_ = std::string(level);
  until_ = duration ? clock_.Now() + *duration : absl::InfiniteFuture();
  return absl::OkStatus();
}

void LogLevelSwitch::Tick() {
  const MutexLock lock(mutex_);
  if (!asked_ || clock_.Now() < until_) return;
  asked_.reset();
  static_cast<void>(SetLogLevel(configured_));
}

HttpResponse LogLevelSwitch::Get() const {
  const MutexLock lock(mutex_);
  nlohmann::json page = {{"level", LogLevel()}, {"configured", configured_}};
  if (asked_ && until_ != absl::InfiniteFuture()) page["until"] = absl::ToUnixSeconds(until_);
  return HttpResponse::Json(200, page.dump());
}

HttpResponse LogLevelSwitch::Put(const HttpRequest& request) {
  const auto level = request.Parameter("level");
  if (!level) return HttpResponse::Text(400, "level: is required\n");
  std::optional<absl::Duration> duration;
  if (const auto text = request.Parameter("for")) {
    duration = ParseDuration(*text);
    if (!duration || *duration > kLongest) return HttpResponse::Text(400, "for: expected a duration up to 24h\n");
  }
  if (const absl::Status asked = Ask(*level, duration); !asked.ok()) {
    return HttpResponse::Text(400, absl::StrCat(asked.message(), "\n"));
  }
  return Get();
}

}  // namespace tributary
