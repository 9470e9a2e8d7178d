#pragma once

#include <functional>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/log.h"
#include "common/base/open_files.h"
#include "common/base/status.h"
#include "common/config/config_document.h"
#include "common/config/program_arguments.h"

namespace tributary {

// What a daemon's main() says of itself. `Config` has a `log_level`.
template <class Config>
struct Program {
  absl::string_view name;
  absl::string_view version;
  absl::string_view description;
  std::function<absl::StatusOr<Config>(ConfigDocument&)> read_config;
  std::function<absl::Status(const Config&, const std::string& config_file)> run;  // until it is told to stop
};

// The file with this process's environment over it.
template <class Config>
absl::StatusOr<Config> LoadConfig(const Program<Config>& program, const std::string& file) {
  TRIBUTARY_ASSIGN_OR_RETURN(ConfigDocument document, LoadYamlFile(file, ProcessEnvironment()));
  absl::StatusOr<Config> config = program.read_config(document);
  if (config.ok()) {
    for (const std::string& variable : document.UnusedOverrides()) {
      std::cerr << program.name << ": no configuration key answers to " << variable << "\n";
    }
  }
  return config;
}

// All of main(): arguments, configuration, logging, run. Returns the exit status: 0, 1 after an error that was told, 2
// for a wrong command line.
template <class Config>
int RunProgram(int argc, char** argv, const Program<Config>& program) {
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
  const absl::StatusOr<Config> config = LoadConfig(program, arguments.config_file);
  if (!config.ok()) {
    std::cerr << std::string(config.status().message()) << "\n";
    return 1;
  }
  if (arguments.check_config) return 0;
  absl::Status status = InitLogging(program.name, config->log_level);
  RaiseOpenFileLimit();
  if (status.ok()) status = program.run(*config, arguments.config_file);
  if (!status.ok()) TRIBUTARY_LOG_ERROR("{}", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace tributary
