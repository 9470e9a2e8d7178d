#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/config/config_document.h"
#include "common/program/program_config.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// A configuration as one reading of the file and the environment has it.
struct ConfigReading {
  std::shared_ptr<const ProgramConfig> config;  // the program's own struct
  std::vector<ConfigKey> keys;
};

// The settings that a process runs with, from its start on and through reloads: shown at /config, named by a digest in
// /version, metrics and crash reports.
// Threads: thread-safe; one Reload at a time.
class ConfigInForce {
 public:
  using Read = std::function<absl::StatusOr<ConfigReading>()>;
  using Apply = std::function<absl::Status(const ProgramConfig&)>;

  ConfigInForce(ConfigReading reading, const Clock& clock, Telemetry& telemetry);

  // Reads everything again. What is wrong with it is logged, line by line, and changes nothing. Else `apply` is called,
  // to take over what `reloadable` names (see CompareConfigs); each other change is logged as one that needs a restart.
  void Reload(const Read& read, const std::vector<std::string>& reloadable, const Apply& apply);

  // 32 hex digits, equal for equal settings; secrets do not enter it.
  std::string digest() const;
  // YAML, see FormatConfigPage.
  std::string Page() const;

 private:
  absl::Status ReloadOnce(const Read& read, const std::vector<std::string>& reloadable, const Apply& apply);
  void Adopt(std::vector<ConfigKey> keys, std::vector<std::string> need_restart);

  const Clock& clock_;
  Telemetry& telemetry_;
  Counter& reloads_ok_;
  Counter& reloads_failed_;
  Gauge& last_success_;

  mutable Mutex mutex_;
  std::vector<ConfigKey> keys_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> need_restart_ ABSL_GUARDED_BY(mutex_);
  std::string digest_ ABSL_GUARDED_BY(mutex_);
  Telemetry::Reading info_;  // of the Reload at work
};

}  // namespace tributary
