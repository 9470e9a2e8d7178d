#include "common/program/config_in_force.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/config/config_changes.h"
#include "common/config/config_page.h"
#include "common/hash/hash128.h"
#include "common/program/crash_report.h"

namespace tributary {
namespace {

// In the order of the paths: that of the file does not matter.
std::string DigestOf(const std::vector<ConfigKey>& keys) {
  std::vector<std::string> lines = absl::StrSplit(FormatConfigValues(keys), '\n');
  std::sort(lines.begin(), lines.end());
  const Hash128 hash = Xxh3Hash128(absl::StrJoin(lines, "\n"), 0);
  return absl::StrFormat("%016x%016x", hash.high, hash.low);
}

Counter& Reloads(Telemetry& telemetry, const char* result) {
  return telemetry.AddCounter("tributary_config_reloads_total", "Times that the configuration was read again.",
                              {{"result", result}});
}

}  // namespace

ConfigInForce::ConfigInForce(ConfigReading reading, const Clock& clock, Telemetry& telemetry)
    : clock_(clock),
      telemetry_(telemetry),
      reloads_ok_(Reloads(telemetry, "ok")),
      reloads_failed_(Reloads(telemetry, "failed")),
      last_success_(telemetry.AddGauge("tributary_config_last_reload_success_timestamp_seconds",
                                       "When the configuration was last read without an error; at first the start.")) {
  Adopt(std::move(reading.keys), {});
}

void ConfigInForce::Reload(const Read& read, const std::vector<std::string>& reloadable, const Apply& apply) {
  const absl::Status status = ReloadOnce(read, reloadable, apply);
  (status.ok() ? reloads_ok_ : reloads_failed_).Increment();
  if (status.ok()) return;
  TRIBUTARY_LOG_ERROR("configuration not reloaded, everything stays as it was:");
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    TRIBUTARY_LOG_ERROR("  {}", std::string(line));
  }
}

absl::Status ConfigInForce::ReloadOnce(const Read& read, const std::vector<std::string>& reloadable,
                                       const Apply& apply) {
  TRIBUTARY_ASSIGN_OR_RETURN(const ConfigReading reading, read());
  ConfigChanges changes;
  {
    const MutexLock lock(mutex_);
    changes = CompareConfigs(keys_, reading.keys, reloadable);
  }
  TRIBUTARY_RETURN_IF_ERROR(apply(*reading.config));
  for (const std::string& path : changes.applied) TRIBUTARY_LOG_INFO("changed: {}", path);
  for (const std::string& path : changes.need_restart) TRIBUTARY_LOG_WARN("changed, needs a restart: {}", path);
  Adopt(std::move(changes.keys), std::move(changes.need_restart));
  TRIBUTARY_LOG_INFO("configuration reloaded, digest {}", digest());
  return absl::OkStatus();
}

void ConfigInForce::Adopt(std::vector<ConfigKey> keys, std::vector<std::string> need_restart) {
  const std::string digest = DigestOf(keys);
  info_ = Telemetry::Reading();  // the old one ends first: the digest may be the same
  info_ =
      telemetry_.AddReading(Telemetry::Kind::kGauge, "tributary_config_info",
                            "Always 1; the digest of the settings in force.", {{"digest", digest}}, [] { return 1.0; });
  last_success_.Set(absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
  SetCrashConfigDigest(digest);
  const MutexLock lock(mutex_);
  keys_ = std::move(keys);
  need_restart_ = std::move(need_restart);
  digest_ = digest;
}

std::string ConfigInForce::digest() const {
  const MutexLock lock(mutex_);
  return digest_;
}

std::string ConfigInForce::Page() const {
  const MutexLock lock(mutex_);
  std::string page = absl::StrCat("# The settings in force, and where each was written. Digest ", digest_, "\n");
  for (const std::string& path : need_restart_) {
    absl::StrAppend(&page, "# changed in the file, needs a restart: ", path, "\n");
  }
  return absl::StrCat(page, FormatConfigPage(keys_));
}

}  // namespace tributary
