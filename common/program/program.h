#pragma once

#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/log.h"
#include "common/base/open_files.h"
#include "common/base/status.h"
#include "common/config/config_document.h"
#include "common/config/program_arguments.h"
#include "common/net/signal_waiter.h"
#include "common/program/crash_report.h"
#include "common/program/daemon.h"

namespace tributary {

// What a daemon's main() says of itself. `Config` is a ProgramConfig.
template <class Config>
struct Program {
  absl::string_view name;
  absl::string_view version;
  absl::string_view description;
  std::function<absl::StatusOr<Config>(ConfigDocument&)> read_config;
  // Until it is told to stop. `config_file` for what looks at it besides SIGHUP.
  std::function<absl::Status(const Config&, const std::string& config_file, Daemon&)> run;
};

// The file with this process's environment over it.
template <class Config>
absl::StatusOr<ConfigReading> LoadConfig(const Program<Config>& program, const std::string& file) {
  TRIBUTARY_ASSIGN_OR_RETURN(ConfigDocument document, LoadYamlFile(file, ProcessEnvironment()));
  TRIBUTARY_ASSIGN_OR_RETURN(Config config, program.read_config(document));
  for (const std::string& variable : document.UnusedOverrides()) {
    std::cerr << program.name << ": no configuration key answers to " << variable << "\n";
  }
  return ConfigReading{std::make_shared<const Config>(std::move(config)), document.keys()};
}

// From the start of its parts to their end, and again when the daemon says so.
template <class Config>
absl::Status RunDaemon(const Program<Config>& program, const std::string& file, ConfigReading reading,
                       SignalWaiter& signals) {
  const auto read = [&program, file] { return LoadConfig(program, file); };
  while (true) {
    TRIBUTARY_ASSIGN_OR_RETURN(InheritedSockets inherited, InheritedSockets::FromEnvironment());
    const bool sockets_are_lent = !inherited.empty();
    TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<Trust> trust, Trust::Open(*reading.config));
    Daemon daemon({program.name, program.version}, reading, read, std::move(inherited), std::move(trust), signals);
    TRIBUTARY_RETURN_IF_ERROR(program.run(static_cast<const Config&>(*reading.config), file, daemon));
    if (!daemon.starts_over()) return absl::OkStatus();
    if (sockets_are_lent) return absl::UnavailableError("ending, for who lent the sockets has to start this anew");
    if (absl::StatusOr<ConfigReading> newer = read(); newer.ok()) reading = *std::move(newer);
  }
}

// All of main(): signals, arguments, configuration, logging, crash reports, run. Returns the exit status: 0, 1 after an
// error that was told, 2 for a wrong command line.
template <class Config>
int RunProgram(int argc, char** argv, const Program<Config>& program) {
  SignalWaiter signals;
  ProgramArguments arguments;
  if (const auto status =
          ParseProgramArguments(argc, argv, program.name, program.version, program.description, arguments)) {
    return *status;
  }
  if (arguments.print_config_keys) {
    ConfigDocument document = DescribingDocument();
    static_cast<void>(program.read_config(document));  // for its keys
    std::cout << FormatConfigKeys(document.keys());
    return 0;
  }
  absl::StatusOr<ConfigReading> reading = LoadConfig(program, arguments.config_file);
  if (!reading.ok()) {
    std::cerr << std::string(reading.status().message()) << "\n";
    return 1;
  }
  if (arguments.check_config) return 0;
  const ProgramConfig& config = *reading->config;
  absl::Status status = InitLogging(program.name, config.log_level);
  RaiseOpenFileLimit();
  if (status.ok()) {
    status = InstallCrashReports({std::string(program.name), std::string(program.version), config.crash_dir}, argv[0]);
  }
  if (status.ok()) status = RunDaemon(program, arguments.config_file, *std::move(reading), signals);
  if (!status.ok()) TRIBUTARY_LOG_ERROR("{}", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace tributary
